// Word problems of one to three steps. The reasoning names each step by the same column
// routines as plain arithmetic, so reading the story is the only new skill.

#include "engine/training/detail/task_parts.h"

namespace engine::training::detail {
namespace {

/// {n} and {o} are two names, {i} the thing counted with its measure word {m} (Chinese),
/// {a} to {d} the numbers. `steps` applies + - * from left to right: a op b op c op d.
struct Story {
    std::string text;
    std::string steps;
    std::string unit; ///< of the answer; empty: the thing counted
};

const std::vector<Story> &englishStories()
{
    static const std::vector<Story> stories{
        {"{n} has {a} {i}. {o} gives {n} {b} more. How many {i} does {n} have now?", "+", ""},
        {"{n} has {a} {i} and buys {b} more. How many {i} does {n} have?", "+", ""},
        {"{n} has {a} {i} and {o} has {b} {i}. How many {i} do they have together?", "+", ""},
        {"There are {a} {i} on the table and {b} {i} in the box. How many {i} are there in total?", "+", ""},
        {"{n} read {a} pages on Monday and {b} pages on Tuesday. How many pages in all?", "+", "pages"},
        {"{n} finds {a} {i} in the morning and {b} in the evening. How many {i} is that?", "+", ""},
        {"{n} has {a} {i}. {n} gives {b} to {o}. How many {i} are left?", "-", ""},
        {"{n} had {a} {i} and lost {b}. How many {i} does {n} have left?", "-", ""},
        {"There are {a} {i} in a shop. {b} are sold. How many {i} remain?", "-", ""},
        {"{n} has {a} {i}. {o} has {b} {i}. How many more {i} does {n} have than {o}?", "-", ""},
        {"A book has {a} pages. {n} has read {b} pages. How many pages are left to read?", "-", "pages"},
        {"{n} has {a} dollars and spends {b} dollars. How much money is left?", "-", "dollars"},
        {"There are {a} boxes with {b} {i} in each box. How many {i} are there?", "*", ""},
        {"{n} buys {a} bags. Each bag holds {b} {i}. How many {i} does {n} have?", "*", ""},
        {"One ticket costs {a} dollars. How much do {b} tickets cost?", "*", "dollars"},
        {"{n} walks {a} minutes every day. How many minutes is that in {b} days?", "*", "minutes"},
        {"{n} has {a} {i}, buys {b} more and then gives {c} to {o}. How many {i} does {n} have now?", "+-", ""},
        {"A bus has {a} people. {b} get on and {c} get off. How many people are on the bus?", "+-", "people"},
        {"{n} has {a} {i}, finds {b} more and loses {c}. How many {i} are left?", "+-", ""},
        {"{n} has {a} {i}. {n} eats {b} and gives {c} to {o}. How many {i} are left?", "--", ""},
        {"{n} had {a} dollars, spent {b} on lunch and {c} on a book. How many dollars are left?", "--", "dollars"},
        {"{n} has {a} {i}, gives away {b}, then gets {c} from {o}. How many {i} does {n} have now?", "-+", ""},
        {"{n} picked {a} {i}, {o} picked {b}, and their friend picked {c}. How many {i} in total?", "++", ""},
        {"There are {a} boxes with {b} {i} each. {n} adds {c} more. How many {i} are there now?", "*+", ""},
        {"{n} buys {a} bags of {b} {i} and gives {c} {i} to {o}. How many {i} does {n} have left?", "*-", ""},
        {"A school has {a} classes of {b} students. {c} students are away. How many students are there?", "*-",
         "students"},
        {"{n} buys {a} packs of {b} {i}, eats {c} and then finds {d}. How many {i} does {n} have?", "*-+", ""},
        {"{n} has {a} {i}, buys {b}, gives {c} to {o} and loses {d}. How many {i} are left?", "+--", ""},
        {"{n} has {a} {i}, gets {b} from {o}, buys {c} and sells {d}. How many {i} does {n} have now?", "++-", ""},
    };
    return stories;
}

const std::vector<Story> &chineseStories()
{
    static const std::vector<Story> stories{
        {"{n}有{a}{m}{i}，{o}又给了{n}{b}{m}。{n}现在有多少{m}{i}？", "+", ""},
        {"{n}有{a}{m}{i}，又买了{b}{m}，一共有多少{m}{i}？", "+", ""},
        {"{n}有{a}{m}{i}，{o}有{b}{m}{i}，他们一共有多少{m}{i}？", "+", ""},
        {"桌上有{a}{m}{i}，箱子里有{b}{m}{i}，总共有多少{m}{i}？", "+", ""},
        {"{n}上午看了{a}页书，下午看了{b}页，一共看了多少页？", "+", "页"},
        {"商店里原来有{a}{m}{i}，又运来{b}{m}，现在有多少{m}{i}？", "+", ""},
        {"{n}有{a}{m}{i}，给了{o}{b}{m}，还剩多少{m}{i}？", "-", ""},
        {"{n}有{a}{m}{i}，丢了{b}{m}，还有多少{m}{i}？", "-", ""},
        {"商店里有{a}{m}{i}，卖出{b}{m}，还剩几{m}？", "-", ""},
        {"{n}有{a}{m}{i}，{o}有{b}{m}{i}，{n}比{o}多几{m}？", "-", ""},
        {"一本书有{a}页，{n}看了{b}页，还剩多少页没看？", "-", "页"},
        {"{n}有{a}元，花了{b}元，还剩多少元？", "-", "元"},
        {"每个盒子里有{a}{m}{i}，{b}个盒子里一共有多少{m}{i}？", "*", ""},
        {"{n}买了{a}袋{i}，每袋{b}{m}，一共有多少{m}{i}？", "*", ""},
        {"一张票{a}元，{b}张票多少元？", "*", "元"},
        {"{n}每天走{a}分钟，{b}天一共走多少分钟？", "*", "分钟"},
        {"{n}有{a}{m}{i}，又买了{b}{m}，然后给了{o}{c}{m}，现在有多少{m}{i}？", "+-", ""},
        {"车上有{a}人，上来{b}人，下去{c}人，现在车上有多少人？", "+-", "人"},
        {"{n}有{a}{m}{i}，送给{o}{b}{m}，又丢了{c}{m}，还剩多少{m}{i}？", "--", ""},
        {"{n}有{a}元，吃饭花了{b}元，买书花了{c}元，还剩多少元？", "--", "元"},
        {"{n}有{a}{m}{i}，送出{b}{m}，{o}又给了{n}{c}{m}，{n}现在有多少{m}{i}？", "-+", ""},
        {"{n}摘了{a}{m}{i}，{o}摘了{b}{m}，朋友摘了{c}{m}，一共有多少{m}{i}？", "++", ""},
        {"有{a}个盒子，每个盒子里有{b}{m}{i}，{n}又放进{c}{m}，现在有多少{m}{i}？", "*+", ""},
        {"{n}买了{a}袋{i}，每袋{b}{m}，给了{o}{c}{m}，还剩多少{m}{i}？", "*-", ""},
        {"学校有{a}个班，每班{b}个学生，今天有{c}个学生没来，来了多少个学生？", "*-", "个学生"},
        {"{n}买了{a}盒{i}，每盒{b}{m}，用了{c}{m}，又找到{d}{m}，现在有多少{m}{i}？", "*-+", ""},
        {"{n}有{a}{m}{i}，买了{b}{m}，给了{o}{c}{m}，又丢了{d}{m}，还剩多少{m}{i}？", "+--", ""},
        {"{n}有{a}{m}{i}，{o}给了{b}{m}，又买了{c}{m}，卖出{d}{m}，现在有多少{m}{i}？", "++-", ""},
    };
    return stories;
}

const std::vector<std::string> &englishNames()
{
    static const std::vector<std::string> names{"Tom",  "Anna", "Ben", "Lily",  "Sam",    "Mia",   "Jack", "Emma",
                                                "Leo",  "Nina", "Max", "Sara",  "Paul",   "Lucy",  "Kai",  "Mei",
                                                "Omar", "Eva",  "Bob", "Alice", "Li Lei", "Maria", "John", "Mary"};
    return names;
}

const std::vector<std::string> &chineseNames()
{
    static const std::vector<std::string> names{"小明", "小红", "小刚", "小丽", "小华", "小李", "小王", "小张", "小美",
                                                "小林", "李雷", "韩梅", "明明", "乐乐", "妈妈", "老师", "爷爷"};
    return names;
}

const std::vector<std::string> &englishItems()
{
    static const std::vector<std::string> items{"apples",   "books",   "pencils", "stickers", "marbles", "cookies",
                                                "oranges",  "eggs",    "shells",  "coins",    "cards",   "flowers",
                                                "balloons", "stamps",  "candies", "fish",     "toys",    "cups",
                                                "pears",    "buttons", "stones",  "pens"};
    return items;
}

/// Measure word and noun.
const std::vector<std::pair<std::string, std::string>> &chineseItems()
{
    static const std::vector<std::pair<std::string, std::string>> items{
        {"个", "苹果"}, {"本", "书"},   {"支", "铅笔"}, {"张", "贴纸"}, {"颗", "糖"},   {"块", "饼干"}, {"朵", "花"},
        {"条", "鱼"},   {"只", "鸡"},   {"个", "鸡蛋"}, {"个", "梨"},   {"张", "邮票"}, {"枚", "硬币"}, {"个", "橘子"},
        {"个", "气球"}, {"张", "卡片"}, {"个", "球"},   {"颗", "珠子"}, {"个", "玩具"}, {"个", "杯子"}};
    return items;
}

int sampleAmount(std::mt19937_64 &rng)
{
    const std::size_t style = below(rng, 10);
    return style < 3 ? between(rng, 2, 9) : style < 8 ? between(rng, 10, 99) : between(rng, 100, 399);
}

/// Numbers for the steps such that nothing goes below zero or above three digits.
bool sampleNumbers(const std::string &steps, std::vector<int> &numbers, std::mt19937_64 &rng)
{
    const bool product = steps.front() == '*';
    numbers = {sampleAmount(rng)};
    if (product && numbers.front() > 99)
        return false;
    int total = numbers.front();
    for (const char step : steps) {
        const int amount = step == '*' ? between(rng, 2, 9) : sampleAmount(rng);
        if (step == '-' && amount > total)
            return false;
        total = step == '+' ? total + amount : step == '-' ? total - amount : total * amount;
        if (total > 999)
            return false;
        numbers.push_back(amount);
    }
    return true;
}

} // namespace

Draft draftWordProblem(Language language, std::mt19937_64 &rng)
{
    const bool english = language == Language::English;
    const Story &story = pick(rng, english ? englishStories() : chineseStories());
    std::vector<int> numbers;
    while (!sampleNumbers(story.steps, numbers, rng)) {
    }

    const auto &names = english ? englishNames() : chineseNames();
    const std::string &name = pick(rng, names);
    std::string other = pick(rng, names);
    while (other == name)
        other = pick(rng, names);
    std::string measure;
    std::string item;
    if (english) {
        item = pick(rng, englishItems());
    } else {
        const auto &chosen = pick(rng, chineseItems());
        measure = chosen.first;
        item = chosen.second;
    }

    Draft draft;
    Problem &problem = draft.problem;
    problem.task = Task::WordProblem;
    problem.language = language;
    const auto number = [&](std::size_t i) { return i < numbers.size() ? std::to_string(numbers[i]) : std::string(); };
    problem.prompt = fill(story.text, {{'n', name},
                                       {'o', other},
                                       {'m', measure},
                                       {'i', item},
                                       {'a', number(0)},
                                       {'b', number(1)},
                                       {'c', number(2)},
                                       {'d', number(3)}});

    int total = numbers.front();
    draft.key = number(0);
    for (std::size_t i = 0; i < story.steps.size(); ++i) {
        const int amount = numbers[i + 1];
        problem.thinking += i > 0 ? "\n" : "";
        switch (story.steps[i]) {
        case '+':
            problem.thinking += workAddition(total, amount);
            total += amount;
            break;
        case '-':
            problem.thinking += workSubtraction(total, amount);
            total -= amount;
            break;
        default:
            problem.thinking += workMultiplication(total, amount);
            total *= amount;
        }
        draft.key += story.steps[i] + number(i + 1);
    }
    const std::string unit = !story.unit.empty() ? story.unit : measure + item;
    problem.answer =
        english ? bold(std::to_string(total)) + ' ' + unit + '.' : bold(std::to_string(total)) + unit + "。";
    return draft;
}

} // namespace engine::training::detail
