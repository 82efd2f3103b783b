# furl_add_rule_library(NAME SOURCE... [STATIC] [LEVELS LEVEL...] [VERSION VERSION] [SOVERSION VERSION])
#
# A library of rules with the C interface of furl/adapt/c.h, for the compiler's own target and for each level of x86-64: by default
# x86-64-v3 and x86-64-v4, and no level on other processors. Its units export rules by FURL_EXPORT_RULE, and one of them includes
# furl/adapt/c_functions.hpp.
#
# Shared, it is a library for each level: libNAME.so, and glibc-hwcaps/LEVEL/libNAME.so, where the dynamic loader of glibc (from 2.33 on)
# looks first if the processor has that level. They are installed like that.
# Static, it is one library with all levels, which picks one when it makes an optimizer. It needs the GNU binutils.
set(_furl_rule_library_files "${CMAKE_CURRENT_LIST_DIR}" CACHE INTERNAL "")

function(furl_add_rule_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "STATIC" "VERSION;SOVERSION" "LEVELS")
    if(NOT DEFINED arg_LEVELS AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
        set(arg_LEVELS x86-64-v3 x86-64-v4)
    endif()
    if(NOT arg_SOVERSION)
        set(arg_SOVERSION 0)
    endif()
    if(NOT arg_VERSION)
        set(arg_VERSION ${arg_SOVERSION})
    endif()
    include(GNUInstallDirs)
    find_package(Threads REQUIRED)

    set(targets)
    foreach(level baseline ${arg_LEVELS})
        if(NOT level STREQUAL baseline)
            set(target ${name}_${level})
            set(folder /glibc-hwcaps/${level})
        else()
            set(target ${name})
            set(folder)
        endif()
        if(arg_STATIC)
            string(REGEX REPLACE "^x86-64-" "" short "${level}")
            set(more)
            if(NOT level STREQUAL baseline)
                set(more "${CMAKE_CURRENT_BINARY_DIR}/${name}_${short}.cpp")
                file(WRITE "${more}.new" "#include <furl/adapt/export_rule.hpp>\nFURL_RULE_LEVEL(${short})\n")
                configure_file("${more}.new" "${more}" COPYONLY)
                set(target ${name}_${level}_part)
            else()
                set(target ${name}_part)
            endif()
            add_library(${target} STATIC ${arg_UNPARSED_ARGUMENTS} ${more})
            set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        else()
            add_library(${target} SHARED ${arg_UNPARSED_ARGUMENTS})
            set_target_properties(${target} PROPERTIES
                OUTPUT_NAME ${name} VERSION ${arg_VERSION} SOVERSION ${arg_SOVERSION}
                LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}${folder}"
                LINK_DEPENDS "${_furl_rule_library_files}/furl_c.map")
            target_link_options(${target} PRIVATE "-Wl,--version-script=${_furl_rule_library_files}/furl_c.map")
            install(TARGETS ${target} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}${folder}")
        endif()
        target_link_libraries(${target} PRIVATE furl::furl Threads::Threads)
        set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
        if(NOT level STREQUAL baseline)
            target_compile_options(${target} PRIVATE -march=${level})
            if(arg_STATIC)
                list(APPEND targets "${short}=$<TARGET_FILE:${target}>")
            endif()
        else()
            list(APPEND targets "$<TARGET_FILE:${target}>")
        endif()
        list(APPEND all ${target})
    endforeach()

    get_target_property(include_dirs furl::furl INTERFACE_INCLUDE_DIRECTORIES)
    if(arg_STATIC)
        set(library "${CMAKE_CURRENT_BINARY_DIR}/lib${name}.a")
        add_custom_command(OUTPUT "${library}"
            COMMAND ${CMAKE_COMMAND} -E env "CXX=${CMAKE_CXX_COMPILER}" "OBJCOPY=${CMAKE_OBJCOPY}" "AR=${CMAKE_AR}"
                sh "${_furl_rule_library_files}/static_library.sh" "${library}" ${targets}
            DEPENDS ${all} "${_furl_rule_library_files}/static_library.sh" VERBATIM)
        add_custom_target(${name}_archive ALL DEPENDS "${library}")
        add_library(${name} STATIC IMPORTED GLOBAL)
        set_target_properties(${name} PROPERTIES IMPORTED_LOCATION "${library}"
            IMPORTED_LINK_INTERFACE_LANGUAGES CXX INTERFACE_LINK_LIBRARIES Threads::Threads)
        set_property(TARGET ${name} PROPERTY INTERFACE_INCLUDE_DIRECTORIES ${include_dirs})
        add_dependencies(${name} ${name}_archive)
        install(FILES "${library}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    else()
        target_include_directories(${name} INTERFACE ${include_dirs})
    endif()
endfunction()
