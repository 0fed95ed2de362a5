# Third-party libraries, all from Debian 12 by name (scripts/install-dependencies). Also run by the installed package
# (hamgen-config.cmake), so that a consumer finds what hamgen links.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(HDF5 1.10 REQUIRED COMPONENTS C HL)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(TBB REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(cxxopts 3 REQUIRED)
find_package(GIF REQUIRED)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
pkg_check_modules(libisal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(libcrypto REQUIRED IMPORTED_TARGET libcrypto)
