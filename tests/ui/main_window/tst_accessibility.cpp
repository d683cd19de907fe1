// What the whole window promises: one shortcut for each command, a name for each control, plain text in each label, and
// every word in the language chosen, fitting its place.

#include "samples.h"
#include "tests/ui/library/library_samples.h"
#include "ui/conversations/conversation_list.h"
#include "ui/main_window.h"
#include "ui/transcript/transcript_view.h"
#include "ui/widgets/accessible_events.h"
#include "ui/widgets/context_gauge.h"
#include "ui/window/chat_page.h"
#include "ui/window/find_bar.h"
#include "ui/window/notice_bar.h"
#include "ui/window/toast.h"

#include <QAccessible>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QSet>
#include <QTest>

using namespace ui;

namespace {

void collect(const QMenu *menu, QList<QAction *> &actions)
{
    for (QAction *action : menu->actions()) {
        if (action->menu())
            collect(action->menu(), actions);
        else if (!action->isSeparator())
            actions << action;
    }
}

QList<QAction *> menuActions(const MainWindow &window)
{
    QList<QAction *> actions;
    for (const QAction *title : window.menuBar()->actions())
        collect(title->menu(), actions);
    return actions;
}

bool isInteractive(QAccessible::Role role)
{
    switch (role) {
    case QAccessible::PushButton:
    case QAccessible::ButtonMenu:
    case QAccessible::CheckBox:
    case QAccessible::RadioButton:
    case QAccessible::ComboBox:
    case QAccessible::SpinBox:
    case QAccessible::Slider:
    case QAccessible::EditableText:
    case QAccessible::List:
    case QAccessible::ListItem:
    case QAccessible::Tree:
    case QAccessible::Table:
    case QAccessible::Link:
    case QAccessible::MenuItem:
        return true;
    default:
        return false;
    }
}

/// Parts that Qt puts inside its own controls speak through the control around them.
bool belongsToControl(const QObject *object)
{
    if (!object)
        return false;
    const QObject *parent = object->parent();
    return qobject_cast<const QLineEdit *>(parent) || qobject_cast<const QAbstractSpinBox *>(parent) ||
           qobject_cast<const QComboBox *>(parent) || object->objectName() == QLatin1String("qt_menubar_ext_button") ||
           (parent && parent->inherits("QComboBoxPrivateContainer"));
}

void findUnnamed(QAccessibleInterface *item, QStringList &unnamed)
{
    const auto *widget = item ? qobject_cast<const QWidget *>(item->object()) : nullptr;
    if (!item || (widget && widget->isHidden() && !widget->isWindow()))
        return;
    const bool separator = item->role() == QAccessible::Separator;
    if (isInteractive(item->role()) && !separator && !belongsToControl(item->object()) &&
        item->text(QAccessible::Name).trimmed().isEmpty()) {
        const QObject *object = item->object();
        unnamed
            << QStringLiteral("%1 role %2").arg(object ? object->metaObject()->className() : "item").arg(item->role());
    }
    for (int i = 0; i < item->childCount(); ++i)
        findUnnamed(item->child(i), unnamed);
}

bool isChinese(const QString &text)
{
    return text.contains(QRegularExpression(QStringLiteral("\\p{Han}")));
}

/// Words of Latin letters that are none of ours: names, units, what the samples hold.
QStringList foreignWords(const QString &text)
{
    static const QSet<QString> known{"Bathyscope", "DeepSeek", "English", "Enter", "Shift", "Ctrl", "Esc", "Top", "top",
                                     "Min", "KV", "KiB", "MiB", "GiB", "nano", "chat", "config", "json", "deepseek",
                                     "FP", "BF", "GPU", "active", "total", "tok", "h", "db", "example", "org", "What",
                                     "is", "Python", "model", "models", "tokenizer", "Alt", "Del", "Tab", "Apache",
                                     "License", "strawberry", "planet",
                                     // other programs, and the models of the library
                                     "Hugging", "Face", "LM", "Studio", "Ollama", "GPT", "All", "llama", "cpp", "Jan",
                                     "ai", "llm", "Lite", "share", "cache", "huggingface", "hub"};
    QStringList left;
    static const QRegularExpression word(QStringLiteral("\\p{Latin}{2,}"));
    for (auto found = word.globalMatch(text); found.hasNext();) {
        const QString one = found.next().captured();
        if (!known.contains(one))
            left << one;
    }
    return left;
}

/// Every name, description and value that assistive technology reads: painted widgets and the transcript, too.
void readAloud(QAccessibleInterface *item, QStringList &texts)
{
    if (!item || item->state().invisible)
        return;
    for (const auto kind : {QAccessible::Name, QAccessible::Description, QAccessible::Value})
        texts << item->text(kind);
    for (int i = 0; i < item->childCount(); ++i)
        readAloud(item->child(i), texts);
}

} // namespace

class AccessibilityTest : public QObject {
    Q_OBJECT

private slots:
    void init() { open(samples::settings()); }
    void cleanup() { m_window.reset(); }

    void everyCommandHasItsOwnShortcut()
    {
        QSet<QString> keys;
        const QList<QAction *> actions = menuActions(*m_window);
        QVERIFY(actions.size() >= 35);
        for (const QAction *action : actions) {
            QVERIFY2(!action->shortcut().isEmpty(), qPrintable(action->text()));
            for (const QKeySequence &sequence : action->shortcuts()) {
                QVERIFY2(!keys.contains(sequence.toString()), qPrintable(action->text() + sequence.toString()));
                keys.insert(sequence.toString());
            }
        }
    }

    void mnemonicsAreUniqueInEachMenu_data() { languages(); }
    void mnemonicsAreUniqueInEachMenu()
    {
        use();
        for (const QMenu *menu : m_window->menuBar()->findChildren<QMenu *>()) {
            QSet<QString> letters;
            for (const QAction *action : menu->actions()) {
                if (action->isSeparator())
                    continue;
                const auto match = QRegularExpression(QStringLiteral("&(\\w)")).match(action->text());
                QVERIFY2(match.hasMatch(), qPrintable(action->text()));
                const QString letter = match.captured(1).toLower();
                QVERIFY2(!letters.contains(letter), qPrintable(menu->title() + QStringLiteral(": ") + action->text()));
                letters.insert(letter);
            }
        }
    }

    void everyControlHasAName_data() { languages(); }
    void everyControlHasAName()
    {
        use();
        m_window->showNotice(QStringLiteral("notice"));
        m_window->showSaveFailure({StorageProblem::DiskFull, QStringLiteral("h.db"), {}});
        m_window->offerUndoDelete(3, QStringLiteral("chat"));
        QStringList unnamed;
        findUnnamed(QAccessible::queryAccessibleInterface(m_window.get()), unnamed);
        QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(QLatin1Char('\n'))));
        showLibrary();
        findUnnamed(QAccessible::queryAccessibleInterface(m_window.get()), unnamed);
        QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(QLatin1Char('\n'))));
        for (const char *keys : {"Ctrl+,", "F1", "Shift+F1"}) {
            findUnnamed(QAccessible::queryAccessibleInterface(dialog(keys)), unnamed);
            QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(QLatin1Char('\n'))));
        }
    }

    void everythingIsReachedByTab_data()
    {
        QTest::addColumn<bool>("library");
        QTest::newRow("chat") << false;
        QTest::newRow("library") << true;
    }

    void everythingIsReachedByTab()
    {
        QFETCH(bool, library);
        m_window->showTranscript(samples::exchange());
        if (library)
            showLibrary();
        QSet<const QWidget *> reached;
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        const QWidget *first = QApplication::focusWidget();
        for (int i = 0; i < 60; ++i) {
            reached.insert(QApplication::focusWidget());
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
            if (QApplication::focusWidget() == first)
                break;
        }
        for (const QWidget *widget : m_window->findChildren<QWidget *>()) {
            const bool wanted = (widget->focusPolicy() & Qt::TabFocus) != 0 && widget->isVisible() &&
                                widget->isEnabled() && !widget->focusProxy() && !belongsToControl(widget);
            if (wanted)
                QVERIFY2(reached.contains(widget), widget->metaObject()->className());
        }
    }

    void noLabelGuessesMarkup()
    {
        QStringList guessing;
        const auto check = [&guessing](const QWidget *root) {
            for (const auto *label : root->findChildren<QLabel *>()) {
                if (label->textFormat() != Qt::PlainText && label->pixmap().isNull())
                    guessing << label->text();
            }
        };
        check(m_window.get());
        for (const char *keys : {"Ctrl+,", "F1", "Shift+F1"})
            check(dialog(keys));
        QVERIFY2(guessing.isEmpty(), qPrintable(guessing.join(QLatin1Char('\n'))));
    }

    void markupInNamesStaysLiteral()
    {
        engine::ModelInfo info = samples::model();
        info.name = "<b>bold</b>";
        m_window->showModel(info);
        auto conversations = samples::conversations();
        conversations[0].title = "<img src=x>";
        m_window->setConversations(conversations);
        m_window->setCurrentConversation(1);
        QCOMPARE(m_window->windowTitle(), QStringLiteral("<img src=x> — Bathyscope"));
        for (const QWidget *widget : m_window->findChildren<QWidget *>()) {
            QString inside = widget->toolTip();
            if (inside.startsWith(QLatin1String("<span>"))) // an elided label shows its whole text, escaped
                inside = inside.mid(6).chopped(7);
            QVERIFY2(!Qt::mightBeRichText(inside) || inside.contains(QStringLiteral("&lt;")),
                     qPrintable(widget->toolTip()));
        }
    }

    void theLanguageChangesWhileRunning()
    {
        UiSettings settings = samples::settings();
        QCOMPARE(m_window->menuBar()->actions().first()->text(), QStringLiteral("&File"));
        settings.language = QStringLiteral("zh_CN");
        m_window->applySettings(settings);
        QCoreApplication::processEvents();
        QCOMPARE(m_window->menuBar()->actions().first()->text(), QStringLiteral("文件(&F)"));
        settings.language = QStringLiteral("en");
        m_window->applySettings(settings);
        QCoreApplication::processEvents();
        QCOMPARE(m_window->menuBar()->actions().first()->text(), QStringLiteral("&File"));
    }

    void noEnglishIsLeftInChinese()
    {
        fillWithWords();
        UiSettings settings = samples::settings();
        settings.language = QStringLiteral("zh_CN");
        m_window->applySettings(settings); // after everything was built in English
        QCoreApplication::processEvents();
        QStringList texts{m_window->windowTitle(), m_window->findChild<TranscriptView *>()->plainText(true),
                          m_window->findChild<ContextGauge *>()->details()};
        readAloud(QAccessible::queryAccessibleInterface(m_window.get()), texts);
        readWidgets(m_window.get(), texts);
        showLibrary();
        readAloud(QAccessible::queryAccessibleInterface(m_window.get()), texts);
        readWidgets(m_window.get(), texts);
        for (const QAction *action : menuActions(*m_window))
            texts << action->text();
        for (const char *keys : {"Ctrl+,", "F1", "Shift+F1"}) {
            QWidget *opened = dialog(keys);
            readAloud(QAccessible::queryAccessibleInterface(opened), texts);
            readWidgets(opened, texts);
        }
        QVERIFY(texts.size() > 200);
        QStringList left;
        for (const QString &text : std::as_const(texts)) {
            if (const QStringList words = foreignWords(text); !words.isEmpty())
                left << words.join(QLatin1Char(' ')) + QStringLiteral(" in: ") + text;
        }
        left.removeDuplicates();
        QVERIFY2(left.isEmpty(), qPrintable(left.join(QLatin1Char('\n'))));
    }

    void openTextsFollowTheLanguage()
    {
        fillWithWords();
        auto *page = m_window->findChild<ChatPage *>();
        auto *toast = m_window->findChild<Toast *>();
        const auto texts = [&] {
            return QStringList{page->saveNotice->text(),
                               page->notice->text(),
                               page->modelNotice->text(),
                               toast->text(),
                               toast->button()->text(),
                               page->saveNotice->actionButton()->text(),
                               m_window->findChild<QPushButton *>(QStringLiteral("saveEdit"))->text(),
                               page->transcript->plainText(false).section(QLatin1Char('\n'), -1)};
        };
        const QStringList english = texts();
        for (const QString &text : english)
            QVERIFY2(!text.isEmpty() && !isChinese(text), qPrintable(text));
        UiSettings settings = samples::settings();
        settings.language = QStringLiteral("zh_CN");
        m_window->applySettings(settings);
        QCoreApplication::processEvents();
        for (const QString &text : texts())
            QVERIFY2(isChinese(text), qPrintable(text));
        settings.language = QStringLiteral("en");
        m_window->applySettings(settings);
        QCoreApplication::processEvents();
        QCOMPARE(texts(), english);
    }

    void noticesAndToastsAreSpoken()
    {
        static QStringList spoken;
        setAccessibleListener([](QAccessibleEvent &event) {
            if (event.type() == QAccessible::Alert && event.accessibleInterface())
                spoken << event.accessibleInterface()->text(QAccessible::Name);
        });
        m_window->showNotice(QStringLiteral("a notice"));
        m_window->showNotice(QStringLiteral("a notice")); // nothing new
        m_window->offerUndoDelete(3, QStringLiteral("chat 3"));
        setAccessibleListener({});
        QCOMPARE(spoken, (QStringList{QStringLiteral("a notice"), QStringLiteral("Conversation “chat 3” deleted")}));
    }

    void textsFitAtEverySize_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<int>("scale");
        QTest::addColumn<QSize>("size");
        QTest::addColumn<bool>("library");
        for (const char *language : {"en", "zh_CN"}) {
            for (const int scale : {100, 150}) {
                for (const QSize &size : {QSize(900, 600), QSize(1440, 900)}) {
                    for (const bool library : {false, true})
                        QTest::addRow("%s %d%% %dx%d %s", language, scale, size.width(), size.height(),
                                      library ? "library" : "chat")
                            << QString::fromLatin1(language) << scale << size << library;
                }
            }
        }
    }

    void textsFitAtEverySize()
    {
        QFETCH(QString, language);
        QFETCH(int, scale);
        QFETCH(QSize, size);
        QFETCH(bool, library);
        UiSettings settings = samples::settings();
        settings.language = language;
        settings.textScalePercent = scale;
        open(settings);
        m_window->resize(size);
        if (library)
            showLibrary();
        QCoreApplication::processEvents();
        QWidget *settingsDialog = dialog("Ctrl+,");
        for (const QWidget *root : {static_cast<QWidget *>(m_window.get()), settingsDialog}) {
            for (const auto *button : root->findChildren<QPushButton *>()) {
                if (button->isVisible())
                    QVERIFY2(button->width() >= button->sizeHint().width(), qPrintable(button->text()));
            }
            for (const auto *label : root->findChildren<QLabel *>()) {
                if (!label->isVisible() || label->text().isEmpty() ||
                    label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored)
                    continue;
                const int needed =
                    label->wordWrap() ? label->heightForWidth(label->width()) : label->sizeHint().height();
                QVERIFY2(label->height() >= needed, qPrintable(label->text()));
                QVERIFY2(label->wordWrap() || label->width() >= label->sizeHint().width(), qPrintable(label->text()));
            }
        }
    }

private:
    void showLibrary()
    {
        m_window->beginLibraryScan(samples::places());
        m_window->addLibraryModels(samples::entries());
        m_window->endLibraryScan(samples::reports());
        m_window->setAvailableMemory(samples::memory);
        m_window->showLibrary(true);
        QCoreApplication::processEvents();
    }

    /// Everything that can be open at the same time is.
    void fillWithWords()
    {
        auto messages = samples::exchange();
        messages[1].state = storage::MessageState::Stopped;
        messages[1].branches = 2;
        messages[1].answer += QStringLiteral("\n\n![](https://example.org/a.png)");
        messages[0].branches = 2;
        m_window->showTranscript(messages);
        m_window->findChild<TranscriptView *>()->startEditing(11);
        samples::actionFor(*m_window, "Ctrl+F")->trigger();
        m_window->findChild<FindBar *>()->showFound(false);
        m_window->showSaveFailure({StorageProblem::DiskFull, QStringLiteral("h.db"), {}});
        m_window->showFailure({StorageProblem::InputOutput, QStringLiteral("h.db"), {}});
        m_window->showModelFailure({engine::ErrorCode::FileMissing, "config.json", {}, {}}, QStringLiteral("chat"));
        m_window->offerUndoDelete(3, QStringLiteral("chat 3"));
    }

    static void readWidgets(const QWidget *root, QStringList &texts)
    {
        for (const auto *widget : root->findChildren<QWidget *>())
            texts << widget->toolTip() << widget->accessibleName() << widget->accessibleDescription();
        for (const auto *button : root->findChildren<QAbstractButton *>())
            texts << button->text();
        for (const auto *label : root->findChildren<QLabel *>())
            texts << label->text();
        for (const auto *line : root->findChildren<QLineEdit *>())
            texts << line->placeholderText();
    }

    void open(const UiSettings &settings)
    {
        m_window = std::make_unique<MainWindow>(settings);
        m_window->resize(1100, 760);
        m_window->showModel(samples::model());
        m_window->setConversations(samples::conversations());
        m_window->setCurrentConversation(1);
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    void languages()
    {
        QTest::addColumn<QString>("language");
        QTest::newRow("English") << QStringLiteral("en");
        QTest::newRow("Chinese") << QStringLiteral("zh_CN");
    }

    void use()
    {
        QFETCH(QString, language);
        UiSettings settings = samples::settings();
        settings.language = language;
        m_window->applySettings(settings);
        QCoreApplication::processEvents();
    }

    /// The dialog a command opens; the one before is closed.
    QDialog *dialog(const char *keys)
    {
        for (QDialog *old : m_window->findChildren<QDialog *>())
            delete old;
        samples::actionFor(*m_window, keys)->trigger();
        QCoreApplication::processEvents();
        return m_window->findChild<QDialog *>();
    }

    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(AccessibilityTest)
#include "tst_accessibility.moc"
