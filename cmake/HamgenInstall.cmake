# cmake --install: programs, libraries, headers and the package that find_package(hamgen) reads.
include(CMakePackageConfigHelpers)

get_property(exported GLOBAL PROPERTY HAMGEN_EXPORTED)
get_property(folders GLOBAL PROPERTY HAMGEN_FOLDERS)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hamgen)

set_target_properties(hamgen_options PROPERTIES EXPORT_NAME options)
install(TARGETS ${exported} hamgen_options EXPORT hamgen ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT hamgen NAMESPACE hamgen:: DESTINATION ${package_dir} FILE hamgen-targets.cmake)
install(DIRECTORY ${folders} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hamgen FILES_MATCHING PATTERN "*.hpp")

configure_package_config_file(cmake/hamgen-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/hamgen-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/hamgen-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/hamgen-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/hamgen-config-version.cmake cmake/HamgenDependencies.cmake
        DESTINATION ${package_dir})
