# Writes the schema files NNN_name.sql as one C++ source that defines storage::sqlite::schemaMigrations().
#   cmake -DSCHEMA_FILES=a.sql;b.sql -DOUTPUT=embedded_schema.cpp -P embed.cmake
cmake_minimum_required(VERSION 3.25)

list(SORT SCHEMA_FILES)
set(entries "")
set(expected 1)
foreach(file IN LISTS SCHEMA_FILES)
    get_filename_component(name ${file} NAME)
    if(NOT name MATCHES "^([0-9][0-9][0-9])_[a-z0-9_]+[.]sql$")
        message(FATAL_ERROR "${name}: a schema file is named NNN_what_it_does.sql")
    endif()
    math(EXPR version "1${CMAKE_MATCH_1} - 1000")
    if(NOT version EQUAL expected)
        message(FATAL_ERROR "${name}: version ${expected} is missing")
    endif()
    file(READ ${file} sql)
    string(APPEND entries "    {${version}, R\"sql(${sql})sql\"},\n")
    math(EXPR expected "${expected} + 1")
endforeach()

file(WRITE ${OUTPUT} "// Generated from storage/schema by embed.cmake.
#include \"storage/sqlite/migration.h\"

namespace storage::sqlite {

std::span<const Migration> schemaMigrations()
{
    static const Migration migrations[] = {
${entries}    };
    return migrations;
}

} // namespace storage::sqlite
")
