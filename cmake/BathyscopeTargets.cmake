# What every target of the project has in common. Included once by the top level.

# Sources are globbed with CONFIGURE_DEPENDS: the folder listing is the architecture, and a file
# that lies in a folder belongs to its target.

set(BATHYSCOPE_WARNINGS -Wall -Wextra -Wconversion -Wshadow)
if(BATHYSCOPE_WERROR)
    list(APPEND BATHYSCOPE_WARNINGS -Werror)
endif()

# Seven sanitizer letters are enough for a whole build: flags go to compiler and linker alike.
if(BATHYSCOPE_SANITIZE)
    add_compile_options(-fsanitize=${BATHYSCOPE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${BATHYSCOPE_SANITIZE})
endif()

# libFuzzer looks at the coverage of what it runs, so the whole build counts.
if(BATHYSCOPE_FUZZERS)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "BATHYSCOPE_FUZZERS needs clang++, found ${CMAKE_CXX_COMPILER_ID}: use the preset fuzz")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Warnings for our own code only; include paths are relative to the repository root, so an include
# names its folder and the include-rule test can read it.
function(bathyscope_target target)
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${BATHYSCOPE_WARNINGS}>"
        "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wshadow>")
    if(BATHYSCOPE_WERROR)
        target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings;-Xcompiler=-Werror>")
    endif()
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()
