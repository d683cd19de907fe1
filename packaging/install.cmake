# Install rules; included by the top level.
install(TARGETS bathyscope-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(BATHYSCOPE_GUI)
    install(TARGETS bathyscope RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/resources/models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bathyscope/models)
