# proto/ becomes code here; docs/protocol/contract.md says how. Included by the top CMakeLists.txt.
#
#   contract            library: messages (protobuf-c) and their side tables
#   contract_client     library: client stubs of all services; needs common, unused stubs are not linked
#   contract_documents  library: openapi.json, docs.html and the schema of all events as bytes
#   contract_testdata   library: messages with every kind of field, for tests
#   contract_link_service(noun program)   adds the dispatch table of proto/<noun> to a program; the gateway's and that of events get the documents
#
# A new proto/<noun>/v1/<name>.proto is found by itself. A proto imports common/v1 and google/protobuf only, so each one's
# output depends on itself and on common/v1.

pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_get_variable(contract_google protobuf includedir)
find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_C protoc-gen-c REQUIRED)

set(contract_root ${CMAKE_SOURCE_DIR}/proto)
set(contract_gen ${CMAKE_BINARY_DIR}/gen)
set(contract_testdata_root ${contract_root}/plugin/testdata)
file(MAKE_DIRECTORY ${contract_gen})
file(GLOB contract_common CONFIGURE_DEPENDS ${contract_root}/common/v1/*.proto)
file(GLOB contract_protos CONFIGURE_DEPENDS RELATIVE ${contract_root} ${contract_root}/*/v1/*.proto)
file(GLOB contract_testdata_protos CONFIGURE_DEPENDS RELATIVE ${contract_testdata_root}
    ${contract_testdata_root}/*/v1/*.proto)
set(contract_protoc ${PROTOC} -I ${contract_root} -I ${contract_testdata_root} -I ${contract_google})

# x/v1/y.proto under `root` to gen/x/v1/y.pb-c.h and .c, whose name is added to `ret_sources`.
function(contract_add_messages root proto ret_sources)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    add_custom_command(
        OUTPUT ${contract_gen}/${stem}.pb-c.h ${contract_gen}/${stem}.pb-c.c
        COMMAND ${contract_protoc} --plugin=protoc-gen-c=${PROTOC_C} --c_out=${contract_gen} ${proto}
        DEPENDS ${root}/${proto} ${contract_common}
        COMMENT "Messages of ${proto}" VERBATIM)
    set(${ret_sources} ${${ret_sources}} ${contract_gen}/${stem}.pb-c.c PARENT_SCOPE)
endfunction()

# ---- the plugin: for the machine that builds, and needed before everything else ----
set(contract_plugin_messages)
contract_add_messages(${contract_google} google/protobuf/descriptor.proto contract_plugin_messages)
contract_add_messages(${contract_google} google/protobuf/compiler/plugin.proto contract_plugin_messages)
contract_add_messages(${contract_root} common/v1/options.proto contract_plugin_messages)
add_library(contract_plugin_messages OBJECT ${contract_plugin_messages})
target_link_libraries(contract_plugin_messages PUBLIC flags PkgConfig::PROTOBUF_C)
target_compile_options(contract_plugin_messages PRIVATE -Wno-conversion)

file(GLOB contract_plugin_sources CONFIGURE_DEPENDS ${contract_root}/plugin/*.c)
list(FILTER contract_plugin_sources EXCLUDE REGEX "_(test|fuzz)\\.c$")
add_executable(protoc-gen-aftercare ${contract_plugin_sources} ${CMAKE_SOURCE_DIR}/common/base.c)
target_link_libraries(protoc-gen-aftercare PRIVATE flags contract_plugin_messages)

# ---- what it writes ----
set(contract_run_plugin ${contract_protoc} --plugin=$<TARGET_FILE:protoc-gen-aftercare>
    --aftercare_out=${contract_gen})

# x/v1/y.proto under `root` to gen/x/v1/y.contract, .dispatch and .client.
function(contract_add_tables root proto ret_tables ret_clients)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(outputs)
    foreach(part contract dispatch client)
        list(APPEND outputs ${contract_gen}/${stem}.${part}.h ${contract_gen}/${stem}.${part}.c)
    endforeach()
    add_custom_command(
        OUTPUT ${outputs}
        COMMAND ${contract_run_plugin} --aftercare_opt=files ${proto}
        DEPENDS protoc-gen-aftercare ${root}/${proto} ${contract_common}
        COMMENT "Tables of ${proto}" VERBATIM)
    set(${ret_tables} ${${ret_tables}} ${contract_gen}/${stem}.contract.c PARENT_SCOPE)
    set(${ret_clients} ${${ret_clients}} ${contract_gen}/${stem}.client.c PARENT_SCOPE)
endfunction()

# protobuf-c's and our own generated code: all warnings but those of conversions, which it cannot know about.
function(contract_set_flags target)
    target_link_libraries(${target} PUBLIC flags PkgConfig::PROTOBUF_C)
    target_include_directories(${target} PUBLIC ${contract_gen})
    target_compile_options(${target} PRIVATE -Wno-conversion)
endfunction()

set(contract_sources)
set(contract_clients)
contract_add_messages(${contract_google} google/protobuf/timestamp.proto contract_sources)
contract_add_tables(${contract_google} google/protobuf/timestamp.proto contract_sources contract_foreign_clients)
foreach(proto ${contract_protos})
    if(NOT proto STREQUAL "common/v1/options.proto")
        contract_add_messages(${contract_root} ${proto} contract_sources)
    endif()
    contract_add_tables(${contract_root} ${proto} contract_sources contract_clients)
endforeach()

list(TRANSFORM contract_protos PREPEND ${contract_root}/ OUTPUT_VARIABLE contract_proto_paths)
# What may no longer change: the contract of the last release. "cmake --build BUILD --target contract_baseline" makes today's
# contract the new one, as a step of a release. Without the file nothing is compared.
set(contract_baseline ${contract_root}/baseline.binpb)
file(GLOB contract_baseline_found CONFIGURE_DEPENDS ${contract_baseline})
set(contract_compare)
if(contract_baseline_found)
    set(contract_compare --aftercare_opt=baseline=${contract_baseline})
endif()
add_custom_target(contract_baseline
    COMMAND ${contract_protoc} --include_imports --descriptor_set_out=${contract_baseline} ${contract_protos}
    COMMENT "Today's contract becomes the baseline" VERBATIM)

add_custom_command(
    OUTPUT ${contract_gen}/contract_all.h ${contract_gen}/contract_all.c
    COMMAND ${contract_run_plugin} --aftercare_opt=all=contract_all ${contract_compare} ${contract_protos}
    DEPENDS protoc-gen-aftercare ${contract_proto_paths} ${contract_baseline_found}
    COMMENT "Tables of the whole contract" VERBATIM)

add_library(contract STATIC ${contract_sources} ${contract_gen}/contract_all.c
    $<TARGET_OBJECTS:contract_plugin_messages>)
contract_set_flags(contract)

add_library(contract_client STATIC ${contract_clients})
contract_set_flags(contract_client)
target_link_libraries(contract_client PUBLIC contract common)

set(contract_documents openapi.json docs.html events.md)
set(contract_embedded)
foreach(document openapi docs schema)
    list(APPEND contract_embedded embedded_${document}.h embedded_${document}.c)
endforeach()
list(TRANSFORM contract_documents PREPEND ${contract_gen}/)
list(TRANSFORM contract_embedded PREPEND ${contract_gen}/)
add_custom_command(
    OUTPUT ${contract_documents} ${contract_embedded}
    COMMAND ${contract_run_plugin} --aftercare_opt=documents,version=${PROJECT_VERSION} ${contract_protos}
    DEPENDS protoc-gen-aftercare ${contract_proto_paths}
    COMMENT "Documents of the whole contract" VERBATIM)
add_library(contract_documents STATIC ${contract_embedded})
contract_set_flags(contract_documents)
# Whoever is built after the contract finds the headers of the documents too.
add_custom_target(contract_write_documents ALL DEPENDS ${contract_documents} ${contract_embedded})
add_dependencies(contract contract_write_documents)

# ---- a contract with every kind of field and method, for tests ----
set(contract_testdata_sources)
foreach(proto ${contract_testdata_protos})
    contract_add_messages(${contract_testdata_root} ${proto} contract_testdata_sources)
    contract_add_tables(${contract_testdata_root} ${proto} contract_testdata_sources contract_testdata_clients)
endforeach()
list(TRANSFORM contract_testdata_protos PREPEND ${contract_testdata_root}/ OUTPUT_VARIABLE contract_testdata_paths)
add_custom_command(
    OUTPUT ${contract_gen}/contract_testdata.h ${contract_gen}/contract_testdata.c
    COMMAND ${contract_run_plugin} --aftercare_opt=all=contract_testdata ${contract_testdata_protos}
    DEPENDS protoc-gen-aftercare ${contract_testdata_paths} ${contract_common}
    COMMENT "Tables of the whole test contract" VERBATIM)
add_library(contract_testdata STATIC ${contract_testdata_sources} ${contract_gen}/contract_testdata.c)
contract_set_flags(contract_testdata)
target_link_libraries(contract_testdata PUBLIC contract)

# ---- tests of the plugin itself (tables_test.c is built with the unit tests) ----
set(contract_test_words $<TARGET_FILE:protoc-gen-aftercare> ${CMAKE_SOURCE_DIR} ${contract_google})
add_test(NAME contract_lint_test COMMAND /usr/bin/python3 ${contract_root}/plugin/lint_test.py ${contract_test_words})
add_test(NAME contract_documents_test
    COMMAND /usr/bin/python3 ${contract_root}/plugin/documents_test.py ${contract_test_words})
add_test(NAME contract_dispatch_test
    COMMAND /usr/bin/python3 ${contract_root}/plugin/dispatch_test.py ${contract_test_words} ${contract_gen})

function(contract_link_service noun program)
    file(GLOB protos CONFIGURE_DEPENDS RELATIVE ${contract_root} ${contract_root}/${noun}/v1/*.proto)
    foreach(proto ${protos})
        string(REGEX REPLACE "\\.proto$" "" stem ${proto})
        target_sources(${program} PRIVATE ${contract_gen}/${stem}.dispatch.c)
    endforeach()
    target_link_libraries(${program} PRIVATE contract_client)
    if(noun STREQUAL "gateway" OR noun STREQUAL "events")
        # Their sources name the documents, so their tests need them as well as their programs.
        target_link_libraries(service_${noun} PUBLIC contract_documents)
    endif()
endfunction()
