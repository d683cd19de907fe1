#pragma once
// One run of the program on a data folder that outlives it: the real window, store and engine. For test executables.

#include "app/application.h"
#include "ui/transcript/transcript_view.h"
#include "ui/window/composer.h"

#include <QSignalSpy>
#include <QTest>
#include <optional>
#include <vector>

namespace support {

inline constexpr int patience = 20'000; // milliseconds; a bound, not an expectation

inline app::ApplicationOptions optionsFor(const QString &data, const QString &model)
{
    app::ApplicationOptions options;
    options.dataFolder = data;
    options.settingsFile = data + "/bathyscope.ini";
    options.modelFolder = model;
    options.engine.threads = 1;
    return options;
}

class Program {
public:
    Program(const QString &data, const QString &model) : Program(optionsFor(data, model)) {}
    explicit Program(const app::ApplicationOptions &options) : m_application(options)
    {
        m_application.show();
        m_view = m_application.window().findChild<ui::TranscriptView *>();
        m_edit = m_application.window().findChild<ui::ComposerEdit *>();
    }

    bool waitForModel()
    {
        return QTest::qWaitFor([this] { return generation().modelReady() && !generation().loading(); }, patience);
    }

    /// Types, presses Enter and waits for the end of the reply.
    bool ask(const QString &text)
    {
        QSignalSpy ended(&generation(), &app::GenerationController::replyEnded);
        type(text);
        return ended.wait(patience);
    }

    void type(const QString &text)
    {
        m_edit->setFocus();
        m_edit->clear();
        QTest::keyClicks(m_edit, text);
        QTest::keyClick(m_edit, Qt::Key_Return);
    }

    app::Application &application() { return m_application; }
    app::ChatController &chat() { return m_application.chat(); }
    app::GenerationController &generation() { return m_application.generation(); }
    ui::TranscriptView &view() { return *m_view; }

    bool waitUntilSaved()
    {
        return QTest::qWaitFor([this] { return generation().everythingSaved() && chat().idle(); }, patience);
    }

    /// As they are on disk once the end of a reply has been written.
    std::vector<storage::MessageRecord> messages() { return messages(chat().current()); }
    std::vector<storage::MessageRecord> messages(storage::ConversationId id)
    {
        if (!waitUntilSaved())
            qFatal("the reply was not saved");
        return messagesNow(id);
    }

    /// As they are on disk.
    std::vector<storage::MessageRecord> messagesNow(storage::ConversationId id)
    {
        std::optional<std::vector<storage::MessageRecord>> found;
        m_application.store().loadConversation(id, [&found](auto result) {
            found = result.value ? std::move(result.value->messages) : std::vector<storage::MessageRecord>{};
        });
        if (!QTest::qWaitFor([&found] { return found.has_value(); }, patience))
            qFatal("the history did not answer");
        return std::move(*found);
    }

private:
    app::Application m_application;
    ui::TranscriptView *m_view = nullptr;
    ui::ComposerEdit *m_edit = nullptr;
};

/// A reply that ends by length or by the end token; both are complete answers of a random model.
inline bool ended(const storage::MessageRecord &message)
{
    return message.state == storage::MessageState::Complete || message.state == storage::MessageState::LengthLimit ||
           message.state == storage::MessageState::ContextFull;
}

} // namespace support
