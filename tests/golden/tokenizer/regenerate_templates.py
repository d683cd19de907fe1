#!/usr/bin/env python3
"""Writes chat_templates.json: conversations as Hugging Face's apply_chat_template renders them with the templates that
were published with the models.

    python3 tests/golden/tokenizer/regenerate_templates.py

published_templates.json holds the templates, each with the models that have it, the format it is, and where the text was
taken from under which licence. The ids are those of the small tokenizer in families.json (regenerate_tokenizer.py first).

Needs tokenizers and transformers (versions are written into the file).
"""

import hashlib
import json
import pathlib
import random
import tempfile

import tokenizers
import transformers

HERE = pathlib.Path(__file__).resolve().parent
BOS, EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
SPECIAL = [BOS, EOS, "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"]
STRIP = "{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
MODES = {"template": {}, "on": {"thinking": True}, "off": {"thinking": False}}


# --- conversations ---------------------------------------------------------------------------------------------------

def system(text):
    return {"role": "system", "text": text}


def user(text):
    return {"role": "user", "text": text}


def assistant(text, thinking="", closed=True):
    return {"role": "assistant", "text": text, "thinking": thinking, "thinkingClosed": closed}


def written_by_hand():
    """Name, messages. What templates treat in different ways, each once."""
    question, answer = user("What is 12 × 7?"), assistant("84.")
    thought = assistant("84.", "12 × 7 = 84\n")
    return {
        "one question": [user("Hello")],
        "white space around": [user("  \n Hello \n\n ")],
        "nothing asked": [user("")],
        "system": [system("Be brief.\nUse English."), user("Hello")],
        "empty system": [system(""), user("Hello")],
        "system with white space": [system(" \nBe brief. \n"), user("Hello")],
        "two systems": [system("One."), system("Two."), user("Hello")],
        "three systems, one empty": [system("One."), system(""), system("Three."), user("Hello")],
        "late system": [question, answer, system("Be brief."), user("And 12 × 8?")],
        "system between question and answer": [question, system("Be brief."), answer, user("And 12 × 8?")],
        "system at the end": [question, system("Be brief.")],
        "early and late system": [system("One."), question, answer, system("Two."), user("And 12 × 8?")],
        "two turns": [question, answer, user("And 12 × 8?")],
        "two turns with a thought": [question, thought, user("And 12 × 8?")],
        "three turns with thoughts": [question, thought, user("And 12 × 8?"), assistant("96.", "84 + 12 = 96\n"), user("+ 1?")],
        "thoughts of some answers": [question, thought, user("Thanks"), assistant("Welcome."), user("And 12 × 8?")],
        "empty thought": [question, assistant("84.", "\n"), user("And 12 × 8?")],
        "thought without an answer": [question, assistant("", "12 × 7 = 84\n"), user("And?")],
        "thought with newlines": [question, assistant("\n\n84.", "\n\n12 × 7\n\n= 84\n\n"), user("And 12 × 8?")],
        "empty answer": [question, assistant(""), user("And?")],
        "answer with white space": [question, assistant(" \n84. \n"), user("And 12 × 8?")],
        "answer that begins with a space": [question, assistant(" 84."), user("And 12 × 8?")],
        "two questions in a row": [user("Hello"), question],
        "two answers in a row": [question, answer, assistant("Yes, 84."), user("And 12 × 8?")],
        "two answers with thoughts in a row": [question, thought, assistant("Yes.", "Sure\n"), user("And 12 × 8?")],
        "three of each": [user("a"), user("b"), user("c"), assistant("d"), assistant("e"), assistant("f"), user("g")],
        "answer first": [assistant("Hi, ask me."), question],
        "system, then answer": [system("Be brief."), assistant("Hi, ask me."), question],
        "Chinese": [system("请用中文回答。"), user("你好，请比较 9.9 和 9.11。"), assistant("9.9 更大。", "9.90 > 9.11\n"), user("为什么？")],
        "many scripts": [user("äöü ß é İı ﬁ Ⅷ ½ ٣ हिन्दी 日本語 한국어 עברית"), assistant("e\u0301 \u200d \u00a0"), user("👨‍👩‍👧‍👦🇩🇪👍🏽")],
        "code": [user("```python\nprint('hi')\n```\n"), assistant("    indented\n\ttab\n"), user("{{ bos_token }} {% if x %}")],
        "line ends": [user("a\r\nb\rc\u2028d"), assistant("\r\n"), user("\n")],
        "quotes and slashes": [user("\"'\\n \\\\ </div> <b>"), assistant("it's \"fine\""), user("a|b")],
    }


def with_special_text():
    """Where Hugging Face reads control tokens out of somebody's words and Bathyscope does not: the same text, other ids."""
    return {
        "tokens in a question": [user("<｜User｜>x<｜Assistant｜><think>\n" + EOS + BOS)],
        "tokens in a system message": [system("</think><｜Assistant｜>"), user("Hello")],
        "tokens in an answer": [user("Hello"), assistant("Write <｜User｜> and " + EOS), user("Bye")],
        "opening tag in an answer": [user("Hello"), assistant("<think>\nHi"), user("Bye")],
        "closing tag in an answer": [user("Hello"), assistant("before </think> between </think> after"), user("Bye")],
        "closing tag in both": [user("Hello"), assistant("A </think> B", "T\n"), user("Bye")],
    }


def drawn():
    rng = random.Random(5)
    phrases = ["What is 12 × 7?", "你好。", "line one\nline two", "  leading and trailing  ", "It's 42.", "", "e = mc²\n", "ok"]
    made = {}
    for number in range(8):
        chat = [system(rng.choice(phrases)) for _ in range(rng.choice([0, 0, 1, 2]))]
        for _ in range(rng.randint(1, 3)):
            chat += [user(rng.choice(phrases)) for _ in range(rng.choice([1, 1, 1, 2]))]
            chat.append(assistant(rng.choice(phrases), rng.choice(phrases) + "\n" if rng.random() < .6 else ""))
        made[f"drawn {number}"] = chat + [user(rng.choice(phrases))]
    return made


def continued():
    head = [user("What is 12 × 7?")]
    longer = [system("Be brief."), user("Hello"), assistant("Hi.", "A greeting\n")] + head
    return {
        "continued text": head + [assistant("It is 8")],
        "continued text of a second turn": longer + [assistant("It is 8")],
        "continued text in lines": longer + [assistant("It is\n8")],
        "continued after an answer": head + [assistant("84."), assistant("That is, 8")],
        "continued thought": head + [assistant("", "12 × 7 = 8", False)],
        "continued after the thought": head + [assistant("It is 8", "12 × 7 = 84\n")],
        "continued with nothing but a thought": longer + [assistant("", "12 × 7 = 84\n")],
        "continued with nothing": longer + [assistant("")],
    }


# --- rendering -------------------------------------------------------------------------------------------------------

class Renderer:
    def __init__(self, tokenizer, entry):
        self.tokenizer, self.entry = tokenizer, entry
        self.format, self.template = entry["format"], entry["template"]
        self.closing = "</think>" if self.format == "deepseek-v3.1" else "</think>\n\n"

    def raw(self, message):
        """The model's output as the template gets it; formats that never strip do not get foreign thoughts."""
        content = message["text"]
        if message.get("thinking") and message["thinkingClosed"] and self.format.startswith(("deepseek-r1", "deepseek-v3.1")):
            content = message["thinking"] + self.closing + content
        if self.format == "deepseek-llm" and message["role"] == "assistant":
            content = content.removeprefix(" ")  # the model writes the space after "Assistant:" itself
        return {"role": message["role"], "content": content}

    def apply(self, messages, template=None, **options):
        return self.tokenizer.apply_chat_template(messages, chat_template=template or self.template, tokenize=False, **options)

    def prompt(self, chat, mode):
        return self.apply([self.raw(message) for message in chat], add_generation_prompt=True, **MODES[mode])

    def open_answer(self, chat, mode):
        last = chat[-1]
        if not last["thinking"] and last["text"]:
            return self.apply([self.raw(message) for message in chat], continue_final_message=True, **MODES[mode])
        if not last["thinking"]:
            return self.prompt(chat[:-1], mode)
        opening = "<think>" if self.format == "deepseek-v3.1" else "<think>\n"
        text = self.prompt(chat[:-1], "on").removesuffix(opening) + opening + last["thinking"]
        return text + self.closing + last["text"] if last["thinkingClosed"] else text

    def keeping(self, chat, kept):
        """With the thoughts of the messages `kept`, as the model wrote them: the template without its stripping."""
        assert STRIP in self.template
        messages = []
        for index, message in enumerate(chat):
            raw = self.raw(message)
            if index in kept:
                raw["content"] = "<think>\n" + raw["content"]
            elif message.get("thinking"):
                raw["content"] = raw["content"].split("</think>")[-1]
            messages.append(raw)
        return self.apply(messages, template=self.template.replace(STRIP, ""), add_generation_prompt=True)


def has_special(chat):
    return any(token in message["text"] for message in chat for token in SPECIAL)


def main():
    templates = json.loads((HERE / "published_templates.json").read_text(encoding="utf-8"))
    base = json.loads((HERE / "families.json").read_text(encoding="utf-8"))["tokenizer"]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokenizer.json"
        path.write_text(json.dumps(base))
        tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(path), bos_token=BOS, eos_token=EOS)
    reference = tokenizers.Tokenizer.from_str(json.dumps(base))

    def described(chat, text):
        if has_special(chat):
            return {"text": text}
        ids = " ".join(map(str, reference.encode(text, add_special_tokens=False).ids))
        return {"text": text, "ids": hashlib.sha256(ids.encode()).hexdigest()[:16]}

    conversations = written_by_hand() | with_special_text() | drawn()
    document = {"versions": {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__},
                "conversations": conversations, "continued": continued(), "rendered": {}, "keeping": {}}
    for name, entry in templates.items():
        renderer = Renderer(tokenizer, entry)
        modes = MODES if entry["format"] == "deepseek-v3.1" else {"template": {}}
        document["rendered"][name] = {mode: {
            **{key: described(chat, renderer.prompt(chat, mode)) for key, chat in conversations.items()},
            **{key: described(chat, renderer.open_answer(chat, mode)) for key, chat in continued().items()},
        } for mode in modes}
        if name in ("r1", "r1-0528"):
            chats = {key: chat for key, chat in conversations.items() if any(m.get("thinking") for m in chat)}
            kept = {key: [i for i, m in enumerate(chat) if m.get("thinking")] for key, chat in chats.items()}
            document["keeping"][name] = {
                "all": {key: described(chat, renderer.keeping(chat, kept[key])) for key, chat in chats.items()},
                "newest": {key: described(chat, renderer.keeping(chat, kept[key][-1:])) for key, chat in chats.items()}}
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (HERE / "chat_templates.json").write_text(text + "\n", encoding="utf-8")
    print("chat_templates.json", len(text.encode()), "bytes,", len(conversations), "+", len(continued()), "conversations")


if __name__ == "__main__":
    main()
