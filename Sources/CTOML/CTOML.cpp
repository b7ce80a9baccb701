#include "CTOML.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Only what is needed of it: it is a large header.
#define TOML_EXCEPTIONS 1
// Its parser asserts where "= 1" stands without a key (3.3): somebody's slip must not end the program.
#define TOML_ASSERT(condition)                                                                                        \
    do {                                                                                                              \
        if (!(condition)) throw std::logic_error("a key is missing or misplaced");                                    \
    } while (false)
#define TOML_ENABLE_FORMATTERS 0
// std::from_chars for numbers, not a stream: streams find their locale's parts through globals of libstdc++, which a process may hold
// twice, once in us and once shared. Then "0.5" is no number.
#define TOML_FLOAT_CHARCONV 1
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

namespace {

struct too_deep {
    uint32_t line;
};

// The parser makes a table for each part of a key, and everything that walks them does so by recursion: a line of some 100 KB
// would end the program. Values within values it limits itself (256).
constexpr unsigned most_parts = 64;

// Throws if a key has more parts than anybody means. It looks at the text as the grammar does: dots in strings, comments and
// numbers are no parts of keys.
void refuse_deep_keys(std::string_view text) {
    unsigned dots = 0;
    uint32_t line = 1;
    for (size_t at = 0; at < text.size(); at++) {
        const char c = text[at];
        if (c == '"' || c == '\'') {
            const std::string_view triple(text.substr(at, 3));
            const bool is_long = triple.size() == 3 && triple[1] == c && triple[2] == c;
            const std::string_view end = is_long ? triple : text.substr(at, 1);
            at += end.size();
            while (at < text.size() && text.substr(at, end.size()) != end && (is_long || text[at] != '\n')) {
                if (text[at] == '\n') line++;
                at += c == '"' && text[at] == '\\' ? 2 : 1;
            }
            if (at < text.size() && text[at] != '\n') {
                at += end.size() - 1;
                continue;
            }
            if (at >= text.size()) return;
            line++;
            dots = 0;
        } else if (c == '#') {
            at = std::min(text.find('\n', at), text.size());
            line++;
            dots = 0;
        } else if (c == '\n') {
            line++;
            dots = 0;
        } else if (c == '=' || c == ',' || c == '[' || c == '{' || c == ']' || c == '}') {
            dots = 0;
        } else if (c == '.' && ++dots >= most_parts) {
            throw too_deep{line};
        }
    }
}

struct Walk {
    void *context;
    void (*visit)(void *, const vt_toml_value *);

    void value(std::string_view key, uint32_t line, const toml::node &node) const {
        vt_toml_value value = {};
        value.key = key.data();
        value.key_length = key.size();
        value.line = line;
        if (const auto *table = node.as_table()) {
            value.kind = VT_TOML_TABLE;
            visit(context, &value);
            members(*table);
            end();
            return;
        }
        if (const auto *array = node.as_array()) {
            value.kind = VT_TOML_ARRAY;
            visit(context, &value);
            for (const auto &element : *array) this->value({}, element.source().begin.line, element);
            end();
            return;
        }
        if (const auto *text = node.as_string()) {
            value.kind = VT_TOML_STRING;
            value.string = text->get().data();
            value.string_length = text->get().size();
        } else if (const auto *integer = node.as_integer()) {
            value.kind = VT_TOML_INTEGER;
            value.integer = integer->get();
        } else if (const auto *number = node.as_floating_point()) {
            value.kind = VT_TOML_FLOAT;
            value.number = number->get();
        } else if (const auto *boolean = node.as_boolean()) {
            value.kind = VT_TOML_BOOLEAN;
            value.boolean = boolean->get();
        } else {
            value.kind = VT_TOML_OTHER;
        }
        visit(context, &value);
    }

    void members(const toml::table &table) const {
        for (const auto &[key, node] : table) {
            const auto line = key.source().begin.line;
            value(key.str(), line ? line : node.source().begin.line, node);
        }
    }

    void end() const {
        vt_toml_value value = {};
        value.kind = VT_TOML_END;
        visit(context, &value);
    }
};

} // namespace

extern "C" bool vt_toml_read(const char *text, size_t length, void *context,
                             void (*visit)(void *context, const vt_toml_value *value), char *reason,
                             size_t reason_size, uint32_t *line) {
    // No exception may leave: the caller is not C++.
    try {
        refuse_deep_keys(std::string_view(text, length));
        const auto document = toml::parse(std::string_view(text, length));
        Walk{context, visit}.members(document);
        return true;
    } catch (const toml::parse_error &error) {
        std::snprintf(reason, reason_size, "%.*s", int(error.description().size()), error.description().data());
        *line = uint32_t(error.source().begin.line);
    } catch (const too_deep &key) {
        std::snprintf(reason, reason_size, "a key has more than %u parts", most_parts);
        *line = key.line;
    } catch (const std::exception &error) {
        std::snprintf(reason, reason_size, "%s", error.what());
        *line = 0;
    }
    return false;
}
