#include "ui/transcript/markdown_entities.h"

#include <iterator>

namespace ui::markdown {

namespace {

struct Entity {
    QLatin1String name;
    char16_t character;
};

// The names of HTML 4 that occur in prose; the full list of HTML 5 (2,231 names) would only add rarities.
constexpr Entity entities[] = {
    {QLatin1String("amp"), u'&'},      {QLatin1String("lt"), u'<'},        {QLatin1String("gt"), u'>'},
    {QLatin1String("quot"), u'"'},     {QLatin1String("apos"), u'\''},     {QLatin1String("nbsp"), 0x00A0},
    {QLatin1String("copy"), 0x00A9},   {QLatin1String("reg"), 0x00AE},     {QLatin1String("trade"), 0x2122},
    {QLatin1String("deg"), 0x00B0},    {QLatin1String("plusmn"), 0x00B1},  {QLatin1String("times"), 0x00D7},
    {QLatin1String("divide"), 0x00F7}, {QLatin1String("middot"), 0x00B7},  {QLatin1String("sup2"), 0x00B2},
    {QLatin1String("sup3"), 0x00B3},   {QLatin1String("frac12"), 0x00BD},  {QLatin1String("euro"), 0x20AC},
    {QLatin1String("pound"), 0x00A3},  {QLatin1String("yen"), 0x00A5},     {QLatin1String("sect"), 0x00A7},
    {QLatin1String("hellip"), 0x2026}, {QLatin1String("mdash"), 0x2014},   {QLatin1String("ndash"), 0x2013},
    {QLatin1String("lsquo"), 0x2018},  {QLatin1String("rsquo"), 0x2019},   {QLatin1String("ldquo"), 0x201C},
    {QLatin1String("rdquo"), 0x201D},  {QLatin1String("laquo"), 0x00AB},   {QLatin1String("raquo"), 0x00BB},
    {QLatin1String("bull"), 0x2022},   {QLatin1String("larr"), 0x2190},    {QLatin1String("uarr"), 0x2191},
    {QLatin1String("rarr"), 0x2192},   {QLatin1String("darr"), 0x2193},    {QLatin1String("harr"), 0x2194},
    {QLatin1String("rArr"), 0x21D2},   {QLatin1String("hArr"), 0x21D4},    {QLatin1String("forall"), 0x2200},
    {QLatin1String("exist"), 0x2203},  {QLatin1String("isin"), 0x2208},    {QLatin1String("sum"), 0x2211},
    {QLatin1String("minus"), 0x2212},  {QLatin1String("radic"), 0x221A},   {QLatin1String("infin"), 0x221E},
    {QLatin1String("asymp"), 0x2248},  {QLatin1String("ne"), 0x2260},      {QLatin1String("equiv"), 0x2261},
    {QLatin1String("le"), 0x2264},     {QLatin1String("ge"), 0x2265},      {QLatin1String("alpha"), 0x03B1},
    {QLatin1String("beta"), 0x03B2},   {QLatin1String("gamma"), 0x03B3},   {QLatin1String("delta"), 0x03B4},
    {QLatin1String("Delta"), 0x0394},  {QLatin1String("epsilon"), 0x03B5}, {QLatin1String("theta"), 0x03B8},
    {QLatin1String("lambda"), 0x03BB}, {QLatin1String("mu"), 0x03BC},      {QLatin1String("pi"), 0x03C0},
    {QLatin1String("sigma"), 0x03C3},  {QLatin1String("Sigma"), 0x03A3},   {QLatin1String("phi"), 0x03C6},
    {QLatin1String("omega"), 0x03C9},  {QLatin1String("Omega"), 0x03A9},
};

QString fromNumber(QStringView digits)
{
    const bool hex = digits.startsWith(QLatin1Char('x')) || digits.startsWith(QLatin1Char('X'));
    bool valid = false;
    const uint code = (hex ? digits.mid(1) : digits).toUInt(&valid, hex ? 16 : 10);
    if (!valid || code == 0 || code > 0x10FFFF || QChar::isSurrogate(code))
        return QString(QChar(QChar::ReplacementCharacter));
    return QString::fromUcs4(reinterpret_cast<const char32_t *>(&code), 1);
}

} // namespace

QString decodeEntity(QStringView entity)
{
    const QStringView name = entity.mid(1, entity.size() - 2); // between '&' and ';'
    if (name.startsWith(QLatin1Char('#')))
        return fromNumber(name.mid(1));
    for (const Entity &known : entities) {
        if (name == known.name)
            return QString(QChar(known.character));
    }
    return {};
}

} // namespace ui::markdown
