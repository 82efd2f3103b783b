# The target furl::furl over the headers in furl_include_dir, for an installed furl and for its sources. Sets furl_FOUND.
# Only the include directories of xsimd and Hana: Debian's target xsimd also links xtl, which its package does not bring.
find_package(xsimd QUIET CONFIG)
if(TARGET xsimd)
    get_target_property(_furl_xsimd xsimd INTERFACE_INCLUDE_DIRECTORIES)
endif()
find_path(furl_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp HINTS ${_furl_xsimd})
find_path(furl_HANA_INCLUDE_DIR boost/hana.hpp HINTS ${Boost_INCLUDE_DIRS} ${BOOST_ROOT}/include)
mark_as_advanced(furl_XSIMD_INCLUDE_DIR furl_HANA_INCLUDE_DIR)
unset(_furl_xsimd)

if(NOT furl_XSIMD_INCLUDE_DIR OR NOT furl_HANA_INCLUDE_DIR)
    set(furl_FOUND FALSE)
    string(CONCAT furl_NOT_FOUND_MESSAGE "furl needs xsimd >= 8.1 and Boost.Hana, on Debian the packages libxsimd-dev and libboost-dev; "
        "or give the directories of their headers as furl_XSIMD_INCLUDE_DIR and furl_HANA_INCLUDE_DIR.")
    return()
endif()

set(furl_FOUND TRUE)
if(NOT TARGET furl::furl)
    add_library(furl::furl INTERFACE IMPORTED GLOBAL)
    set_target_properties(furl::furl PROPERTIES
        INTERFACE_COMPILE_FEATURES cxx_std_20
        INTERFACE_INCLUDE_DIRECTORIES "${furl_include_dir};${furl_XSIMD_INCLUDE_DIR};${furl_HANA_INCLUDE_DIR}")
endif()

include("${CMAKE_CURRENT_LIST_DIR}/furlRuleLibrary.cmake")
