// Letters of a word: counting one of them, and writing the word backwards. The word is first
// copied to a fixed place, then spelled with one number per letter.

#include "engine/training/detail/task_parts.h"

#include <algorithm>
#include <sstream>

namespace engine::training::detail {
namespace {

constexpr std::string_view kWords = "strawberry banana mississippi apple orange cherry grape lemon melon peach pear "
                                    "plum mango berry coconut tomato potato carrot onion garlic pepper "
                                    "cabbage lettuce spinach pumpkin cucumber bread butter cheese coffee sugar "
                                    "chocolate cookie dinner breakfast lunch water juice bottle glass kitchen "
                                    "table chair window door floor ceiling garden flower tree forest mountain river "
                                    "ocean island beach desert valley meadow village city country street "
                                    "bridge castle tower church school college library museum station airport hospital "
                                    "market office factory house home room school teacher student "
                                    "pupil doctor nurse lawyer farmer driver pilot sailor soldier artist writer singer "
                                    "dancer actor painter baker butcher tailor mother father sister "
                                    "brother daughter uncle aunt cousin family friend neighbor stranger baby child "
                                    "woman person people king queen prince princess knight dragon wizard "
                                    "monster ghost pirate cat dog horse cow sheep goat pig chicken duck goose rabbit "
                                    "mouse rat tiger lion elephant giraffe zebra monkey gorilla bear wolf "
                                    "fox deer squirrel hedgehog beaver otter dolphin whale shark octopus penguin "
                                    "parrot eagle falcon swan turtle snake lizard frog toad butterfly bee "
                                    "spider ant beetle summer winter autumn spring morning evening night midnight "
                                    "today tomorrow yesterday monday tuesday wednesday thursday friday "
                                    "saturday sunday january february april june july august september october "
                                    "november december minute second hour week month year century red orange "
                                    "yellow green blue purple violet silver golden black white brown happy sad angry "
                                    "brave clever funny gentle honest kind lazy lucky nervous patient polite "
                                    "proud quiet rude silly tired warm cold hot cool dry wet rain snow wind storm "
                                    "thunder lightning cloud sun moon star planet earth rocket galaxy "
                                    "universe computer keyboard screen printer network internet program algorithm "
                                    "function variable integer memory processor model expert layer token "
                                    "letter word sentence paragraph chapter book story poem novel paper pencil pen "
                                    "eraser ruler scissors notebook envelope stamp ticket letter message "
                                    "telephone camera picture video music guitar piano violin trumpet drum flute "
                                    "concert theater movie ball football tennis hockey running swimming "
                                    "cycling racing climbing jumping walking dancing singing reading writing drawing "
                                    "cooking sleeping dreaming thinking working playing bicycle car "
                                    "truck train plane ship boat bus engine wheel balloon address committee success "
                                    "possess assess balloon coffee letter little middle puzzle bottle "
                                    "apple hello world question answer reason logic number seven eleven thirteen "
                                    "twenty hundred thousand million zero circle square triangle "
                                    "rectangle pyramid sphere science physics chemistry biology history geography "
                                    "language english chinese german french spanish italian russian "
                                    "europe africa america asia canada london paris berlin madrid bookkeeper raspberry "
                                    "blueberry blackberry cranberry gooseberry pineapple watermelon "
                                    "noodle dumpling sandwich pancake pudding biscuit mushroom accommodate tennessee "
                                    "alphabet knowledge beautiful wonderful adventure bathyscope deep sea";

constexpr std::string_view kVowels = "aeiou";
constexpr std::string_view kConsonants = "bcdfghjklmnpqrstvwxyz";

const std::vector<std::string> &knownWords()
{
    static const std::vector<std::string> words = [] {
        std::vector<std::string> list;
        std::istringstream stream{std::string(kWords)};
        for (std::string word; stream >> word;)
            list.push_back(word);
        std::sort(list.begin(), list.end());
        list.erase(std::unique(list.begin(), list.end()), list.end());
        return list;
    }();
    return words;
}

char letterOf(std::mt19937_64 &rng, std::string_view alphabet)
{
    return alphabet[below(rng, alphabet.size())];
}

/// Made-up words make the skill independent of knowing the word; few different letters make
/// repeats, which are what spelling has to survive.
std::string inventedWord(std::mt19937_64 &rng, std::size_t length)
{
    std::string word;
    const std::size_t style = below(rng, 3);
    std::string alphabet;
    for (std::size_t i = 0; i < 2 + below(rng, 4); ++i)
        alphabet += static_cast<char>('a' + below(rng, 26));
    bool vowel = chance(rng, 0.3);
    while (word.size() < length) {
        if (style == 0) {
            word += static_cast<char>('a' + below(rng, 26));
        } else if (style == 1) {
            word += letterOf(rng, alphabet);
        } else {
            word += letterOf(rng, vowel ? kVowels : kConsonants);
            if (!vowel && word.size() < length && chance(rng, 0.15))
                word += word.back();
            vowel = !vowel;
        }
    }
    return word;
}

std::string quoted(const std::string &text, std::mt19937_64 &rng, Language language)
{
    static const std::vector<std::string> english{"{w}", "{w}", "\"{w}\"", "\"{w}\"", "'{w}'"};
    static const std::vector<std::string> chinese{"{w}", "{w}", "\"{w}\"", "“{w}”", " {w} "};
    return fill(pick(rng, language == Language::English ? english : chinese), {{'w', text}});
}

} // namespace

std::string sampleWord(std::mt19937_64 &rng, std::size_t shortest, std::size_t longest)
{
    if (chance(rng, 0.45)) {
        for (int attempt = 0; attempt < 20; ++attempt) {
            const std::string &word = pick(rng, knownWords());
            if (word.size() >= shortest && word.size() <= longest)
                return word;
        }
    }
    return inventedWord(rng, shortest + below(rng, longest - shortest + 1));
}

Draft draftCounting(Language language, std::mt19937_64 &rng)
{
    static const std::vector<std::string> english{"How many {c} are in {w}?",
                                                  "How many {c}'s are in {w}?",
                                                  "How many {c}s are there in {w}?",
                                                  "How many times does {c} appear in {w}?",
                                                  "Count the {c} in {w}.",
                                                  "Count the letter {c} in {w}.",
                                                  "How many letters {c} are in {w}?",
                                                  "How many {c} in {w}?",
                                                  "How many {c}'s in {w}?",
                                                  "How often does the letter {c} occur in {w}?",
                                                  "In the word {w}, how many {c} are there?",
                                                  "How many {c} does {w} have?",
                                                  "What is the number of {c} in {w}?",
                                                  "How many letter {c} are in the word {w}?"};
    static const std::vector<std::string> chinese{
        "{w}里有几个{c}？",           "{w}中有几个{c}？",         "{w}里有多少个{c}？",     "{w}中有多少个字母{c}？",
        "单词{w}里有几个{c}？",       "单词{w}中有几个字母{c}？", "数一数{w}里有几个{c}。", "{c}在{w}中出现了几次？",
        "字母{c}在{w}里出现多少次？", "数一下{w}中的{c}。",       "{w}有几个{c}？",         "{w}这个单词里有几个{c}？"};

    const std::string word = sampleWord(rng, 3, 11);
    const char letter = chance(rng, 0.9) ? letterOf(rng, word) : static_cast<char>('a' + below(rng, 26));
    const std::string target(1, letter);

    std::string spelled;
    int count = 0;
    for (const char c : word) {
        count += c == letter ? 1 : 0;
        spelled += (spelled.empty() ? "" : " ") + std::string(1, c) + std::to_string(count);
    }

    Draft draft;
    draft.problem.task = Task::Counting;
    draft.problem.language = language;
    const std::string shown = quoted(target, rng, language);
    draft.problem.prompt = asTyped(fill(pick(rng, language == Language::English ? english : chinese),
                                        {{'c', shown}, {'w', quoted(word, rng, language)}}),
                                   language, rng);
    draft.problem.thinking = target + ": " + word + '\n' + spelled + "\n→ " + std::to_string(count);
    if (language == Language::English)
        draft.problem.answer = (count == 1 ? "There is " : "There are ") + bold(std::to_string(count)) + " \"" +
                               target + "\" in \"" + word + "\".";
    else
        draft.problem.answer = '"' + word + "\"里有" + bold(std::to_string(count)) + "个\"" + target + "\"。";
    draft.key = word + ',' + target;
    return draft;
}

Draft draftReversing(Language language, std::mt19937_64 &rng)
{
    static const std::vector<std::string> english{"Reverse the word {w}.",
                                                  "Reverse {w}",
                                                  "Reverse {w}.",
                                                  "Spell {w} backwards.",
                                                  "Write {w} backwards.",
                                                  "What is {w} backwards?",
                                                  "What is {w} reversed?",
                                                  "Reverse the letters of {w}.",
                                                  "Can you reverse {w}?",
                                                  "Can you spell {w} backwards?",
                                                  "Turn {w} around.",
                                                  "How do you write {w} backwards?",
                                                  "Reverse the string {w}",
                                                  "{w} backwards",
                                                  "What do you get if you reverse {w}?",
                                                  "Flip the word {w}."};
    static const std::vector<std::string> chinese{
        "把{w}反过来写。",     "把{w}倒过来写。",   "反转{w}",          "将{w}反转。",     "把单词{w}反过来。",
        "{w}倒过来是什么？",   "{w}反过来怎么写？", "倒着拼写{w}。",    "请反转单词{w}。", "{w}倒过来怎么拼？",
        "把{w}的字母倒过来。", "反转字符串{w}",     "{w}倒着写是什么？"};

    const std::string word = sampleWord(rng, 3, 10);
    std::string forward;
    std::string backward;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const std::string entry = std::to_string(i + 1) + word[i];
        forward += (i > 0 ? " " : "") + entry;
        backward = entry + (i > 0 ? " " : "") + backward;
    }
    const std::string reversed(word.rbegin(), word.rend());

    Draft draft;
    draft.problem.task = Task::Reversing;
    draft.problem.language = language;
    draft.problem.prompt = asTyped(
        fill(pick(rng, language == Language::English ? english : chinese), {{'w', quoted(word, rng, language)}}),
        language, rng);
    draft.problem.thinking = word + '\n' + forward + '\n' + backward + "\n→ " + reversed;
    draft.problem.answer = bold(reversed);
    draft.key = word;
    return draft;
}

} // namespace engine::training::detail
