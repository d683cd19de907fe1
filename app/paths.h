#pragma once
// Where things lie on disk (XDG base directory specification).

#include <QString>

namespace app {

QString dataFolder();   ///< $XDG_DATA_HOME/bathyscope, default ~/.local/share/bathyscope
QString configFolder(); ///< $XDG_CONFIG_HOME/bathyscope, default ~/.config/bathyscope

/// The models that come with the program: ../share/bathyscope/models of an installed program, else resources/models
/// of the source tree the program was built in. Empty if there are none.
QString bundledModelsFolder();
QString bundledModelFolder(); ///< the one that is opened when no other was chosen

} // namespace app
