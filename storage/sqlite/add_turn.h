#pragma once
// A question and the reply below it, in a new conversation perhaps below a system prompt, as one write. Storage thread
// only; inside a transaction. Throws as History does.

#include "storage/conversation_store.h"

namespace storage::sqlite {

class History;

Turn addTurn(History &history, Turn turn);

} // namespace storage::sqlite
