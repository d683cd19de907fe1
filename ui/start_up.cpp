#include "ui/start_up.h"

#include "ui/theme/theme.h"
#include "ui/window/language.h"

namespace ui {

void applyAtStartUp(const UiSettings &settings)
{
    theme::apply(settings);
    installLanguage(resolvedLanguage(settings.language));
}

} // namespace ui
