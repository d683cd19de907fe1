#pragma once
// The history: conversations as trees of messages in one SQLite file.
//
// Thread contract: every method may be called from one client thread and returns at once; the work happens on the
// storage thread, which owns the only connection. A completion runs on the thread that calls deliverCompletions(). Jobs
// run in the order of the calls. Consecutive queued writes share one transaction; a completion is delivered only after
// its transaction is on disk (synchronous=FULL).
//
// A write that fails (disk full, read-only, I/O error) leaves nothing behind and takes no other write with it: the
// caller keeps what it passed until the completion and may call again with the same values, at once or when the user
// asks. Text of one message is therefore sent one piece after the other: what is sent before the failure is known would
// overtake the failed piece.

#include "storage/records.h"

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace storage {

enum class ErrorCode {
    AlreadyOpen,     ///< another process holds the database
    NewerVersion,    ///< user_version is above what this program knows; file untouched
    ForeignDatabase, ///< application_id of another program, or not a database
    Damaged,         ///< SQLite reports corruption, or the file is empty although backups exist
    ReadOnly,
    DiskFull,
    InputOutput,
    NotFound, ///< no such conversation or message
    Internal,
};

class Error : public std::runtime_error {
public:
    Error(ErrorCode code, std::string file, const std::string &sentence)
        : std::runtime_error(sentence), m_code(code), m_file(std::move(file))
    {
    }
    ErrorCode code() const noexcept { return m_code; }
    const std::string &file() const noexcept { return m_file; }

private:
    ErrorCode m_code;
    std::string m_file;
};

/// Error as a value; `sentence` is whole English and names the file.
struct Failure {
    ErrorCode code = ErrorCode::Internal;
    std::string file;
    std::string sentence;
};

/// Value or failure; exactly one is set.
template <typename T>
struct Result {
    std::optional<T> value;
    std::optional<Failure> failure;
};
struct Done {};

template <typename T>
using Completion = std::function<void(Result<T>)>;

struct ConversationContent {
    ConversationSummary summary;
    std::vector<MessageRecord> messages; ///< the whole tree, ascending id
};

/// What one press of Send leads to.
struct Turn {
    ConversationSummary conversation; ///< id 0: a new one with this title
    MessageRecord question;
    MessageRecord reply;                   ///< still empty; below the question
    std::optional<MessageRecord> system{}; ///< a system prompt to go above the question
};

class ConversationStore {
public:
    /// Opens or creates `file` (folder created 0700, file 0600), migrates it, marks Streaming messages Interrupted.
    /// Blocks; throws Error. `wake` is called on the storage thread when completions become available.
    ConversationStore(std::string file, std::function<void()> wake);
    ~ConversationStore(); ///< finishes queued writes, then closes
    ConversationStore(const ConversationStore &) = delete;
    ConversationStore &operator=(const ConversationStore &) = delete;

    void listConversations(
        Completion<std::vector<ConversationSummary>> done); ///< pinned first, then newest; deleted ones left out
    void loadConversation(ConversationId id, Completion<ConversationContent> done);
    void createConversation(std::string title, Completion<ConversationSummary> done);
    void renameConversation(ConversationId id, std::string title, Completion<Done> done);
    void setPinned(ConversationId id, bool pinned, Completion<Done> done);
    void deleteConversation(ConversationId id, Completion<Done> done);  ///< moves to the trash
    void restoreConversation(ConversationId id, Completion<Done> done); ///< undo of delete
    void purgeDeleted(std::int64_t olderThan, Completion<Done> done);   ///< erases what was deleted before that time
    void setCurrentLeaf(ConversationId id, MessageId leaf, Completion<Done> done);

    /// Appends under record.parent and makes it the current leaf; id, createdAt are assigned and returned.
    void addMessage(MessageRecord record, Completion<MessageRecord> done);
    /// Question, reply and, if it is new, the conversation: all of them or none, so that no message is left without
    /// the reply that was asked for. Ids and times are assigned and returned; the reply becomes the current leaf.
    void addTurn(Turn turn, Completion<Turn> done);
    /// Streamed text: appended to the part of that kind (created if it is not the last one).
    void appendText(MessageId id, PartKind kind, std::string text, Completion<Done> done);
    /// State, thinkingClosed, statistics and failure of a reply when it ends.
    void finishMessage(MessageId id, MessageState state, bool thinkingClosed, StatisticsRecord statistics,
                       FailureRecord failure, Completion<Done> done);
    /// A reply goes on (Continue): back to Streaming.
    void reopenMessage(MessageId id, Completion<Done> done);

    void saveTrace(TraceRun run, Completion<Done> done); ///< in the place of the one the message has
    /// More of a trace that saveTrace() began; sequences it does not have yet.
    void appendTrace(MessageId id, std::vector<TraceChunk> chunks, Completion<Done> done);
    void loadTrace(MessageId id, Completion<TraceRun> done);

    void checkIntegrity(Completion<std::string> done); ///< "ok" or SQLite's findings plus rows with a wrong checksum

    /// `handler` is called by deliverCompletions() when work that nobody asked for fails: the daily backup.
    void onBackgroundFailure(std::function<void(Failure)> handler);

    /// Runs the completions that are ready, on the calling thread.
    void deliverCompletions();

private:
    class Implementation;
    std::unique_ptr<Implementation> m_implementation;
};

} // namespace storage
