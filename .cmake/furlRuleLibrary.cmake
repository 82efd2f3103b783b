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

    set(parts)
    set(archives)
    foreach(level baseline ${arg_LEVELS})
        if(level STREQUAL baseline)
            set(part ${name})
            set(folder)
            set(flags)
        else()
            set(part ${name}_${level})
            set(folder /glibc-hwcaps/${level})
            set(flags -march=${level})
        endif()
        if(arg_STATIC)
            string(APPEND part _part)
            add_library(${part} STATIC ${arg_UNPARSED_ARGUMENTS})
            set_target_properties(${part} PROPERTIES POSITION_INDEPENDENT_CODE ON)
            if(level STREQUAL baseline)
                list(APPEND archives "$<TARGET_FILE:${part}>")
            else()
                string(REPLACE "x86-64-" "" short ${level})
                set(unit "${CMAKE_CURRENT_BINARY_DIR}/${part}.cpp")
                file(GENERATE OUTPUT "${unit}" CONTENT "#include <furl/adapt/export_rule.hpp>\n\nFURL_RULE_LEVEL(${short})\n")
                target_sources(${part} PRIVATE "${unit}")
                list(APPEND archives "${short}=$<TARGET_FILE:${part}>")
            endif()
        else()
            add_library(${part} SHARED ${arg_UNPARSED_ARGUMENTS})
            set_target_properties(${part} PROPERTIES
                OUTPUT_NAME ${name} VERSION ${arg_VERSION} SOVERSION ${arg_SOVERSION}
                LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}${folder}"
                LINK_DEPENDS "${_furl_rule_library_files}/furl_c.map")
            target_link_options(${part} PRIVATE "-Wl,--version-script=${_furl_rule_library_files}/furl_c.map")
            install(TARGETS ${part} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}${folder}")
        endif()
        target_compile_options(${part} PRIVATE ${flags})
        target_link_libraries(${part} PRIVATE furl::furl Threads::Threads)
        set_target_properties(${part} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
        list(APPEND parts ${part})
    endforeach()

    if(arg_STATIC)
        set(library "${CMAKE_CURRENT_BINARY_DIR}/lib${name}.a")
        add_custom_command(OUTPUT "${library}"
            COMMAND ${CMAKE_COMMAND} -E env "CXX=${CMAKE_CXX_COMPILER}" "OBJCOPY=${CMAKE_OBJCOPY}" "NM=${CMAKE_NM}" "AR=${CMAKE_AR}"
                sh "${_furl_rule_library_files}/static_library.sh" "${library}" ${archives}
            DEPENDS ${parts} "${_furl_rule_library_files}/static_library.sh" VERBATIM)
        add_custom_target(${name}_archive ALL DEPENDS "${library}")
        add_library(${name} STATIC IMPORTED GLOBAL)
        set_target_properties(${name} PROPERTIES IMPORTED_LOCATION "${library}"
            IMPORTED_LINK_INTERFACE_LANGUAGES CXX INTERFACE_LINK_LIBRARIES Threads::Threads)
        add_dependencies(${name} ${name}_archive)
        install(FILES "${library}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    endif()
    target_include_directories(${name} INTERFACE $<TARGET_PROPERTY:furl::furl,INTERFACE_INCLUDE_DIRECTORIES>)
endfunction()
