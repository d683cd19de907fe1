#include "storage/sqlite/add_turn.h"

#include "storage/sqlite/history.h"

namespace storage::sqlite {

Turn addTurn(History &history, Turn turn)
{
    if (turn.conversation.id == 0)
        turn.conversation = history.createConversation(turn.conversation.title);
    if (turn.system) {
        turn.system->conversation = turn.conversation.id;
        turn.system = history.addMessage(std::move(*turn.system));
        turn.question.parent = turn.system->id;
    }
    turn.question.conversation = turn.conversation.id;
    turn.question = history.addMessage(std::move(turn.question));
    turn.reply.conversation = turn.conversation.id;
    turn.reply.parent = turn.question.id;
    turn.reply = history.addMessage(std::move(turn.reply));
    turn.conversation.updatedAt = turn.reply.createdAt;
    turn.conversation.currentLeaf = turn.reply.id;
    return turn;
}

} // namespace storage::sqlite
