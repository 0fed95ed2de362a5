# One function per kind of target, so that every folder's CMakeLists.txt reads as: name, sources, what it may use.

add_library(hamgen_options INTERFACE)
target_compile_features(hamgen_options INTERFACE cxx_std_20)
target_compile_options(
  hamgen_options
  INTERFACE $<BUILD_INTERFACE:-Wall>
            $<BUILD_INTERFACE:-Wextra>
            $<BUILD_INTERFACE:-Wconversion>
            $<BUILD_INTERFACE:-Wshadow>
            $<BUILD_INTERFACE:-Wno-sign-conversion>
            # GCC 12 sees overlapping and overflowing copies in std::string's operator+, where there are none (GCC bug
            # 105651), and GCC 14 reads beyond the end of LibTorch's own std::vector<bool>.
            $<$<CXX_COMPILER_ID:GNU>:$<BUILD_INTERFACE:-Wno-restrict>>
            $<$<CXX_COMPILER_ID:GNU>:$<BUILD_INTERFACE:-Wno-array-bounds>>
            $<$<CXX_COMPILER_ID:GNU>:$<BUILD_INTERFACE:-Wno-stringop-overflow>>
            # Equal bytes for every build of one CPU class: no fused multiply-add that the source does not ask for.
            $<BUILD_INTERFACE:-ffp-contract=off>)
if(HAMGEN_WARNINGS_AS_ERRORS)
  target_compile_options(hamgen_options INTERFACE $<BUILD_INTERFACE:-Werror>)
endif()
if(HAMGEN_SANITIZE)
  target_compile_options(hamgen_options INTERFACE $<BUILD_INTERFACE:-fsanitize=address,undefined>
                                                  $<BUILD_INTERFACE:-fno-sanitize-recover=all>
                                                  # The checks' own code looks uninitialised to GCC.
                                                  $<$<CXX_COMPILER_ID:GNU>:$<BUILD_INTERFACE:-Wno-maybe-uninitialized>>)
  target_link_options(hamgen_options INTERFACE $<BUILD_INTERFACE:-fsanitize=address,undefined>)
endif()

# hamgen_library(name SOURCES ... [PUBLIC ...] [PRIVATE ...]): the library hamgen::name of the folder it is called in.
function(hamgen_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(hamgen_${name} STATIC ${arg_SOURCES})
  add_library(hamgen::${name} ALIAS hamgen_${name})
  set_target_properties(hamgen_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(
    hamgen_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/hamgen>)
  target_link_libraries(
    hamgen_${name}
    PUBLIC ${arg_PUBLIC}
    PRIVATE ${arg_PRIVATE} hamgen_options)
  target_compile_features(hamgen_${name} PUBLIC cxx_std_20)
  set_property(GLOBAL APPEND PROPERTY HAMGEN_EXPORTED hamgen_${name})
  set_property(GLOBAL APPEND PROPERTY HAMGEN_FOLDERS ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()

# hamgen_program(name SOURCES ... LINKS ...): a program, installed to bin/.
function(hamgen_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} hamgen_options)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
