#pragma once
// The program that is killed: the whole application, offscreen, sending one message after the other. What the user
// has seen goes to stdout as it happens, one line each, with CLOCK_MONOTONIC microseconds:
//   sent <microseconds> <message>          the user's message is saved
//   text <microseconds> <reply> <T|A> <hex of the text>
//   end <microseconds> <reply>             the reply has ended

int runStreamingChild(int argc, char **argv);

/// The program after the kill: continues the newest reply, which was cut off, sends one more message and ends. 0 if
/// both replies ended well.
int runContinuingChild(int argc, char **argv);
