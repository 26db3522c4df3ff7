// The library's header-only mode, so that nothing is needed at run time. No exception crosses into C: the parser is
// built to return its errors, and what the standard library may throw (no memory) is caught here.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "CTomlPlusPlus.h"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

struct rctoml_document {
    // A deque never moves its strings, so nodes may point into them.
    std::deque<std::string> texts;
    std::vector<rctoml_node> nodes;
    std::string error;
    toml::source_position error_place{};
    bool failed = false;

    std::string_view keep(std::string_view text) { return texts.emplace_back(text); }

    void add(const toml::node &source, std::int32_t parent, std::string_view key, toml::source_position key_place)
    {
        const auto place = source.source().begin;
        if (!key_place) key_place = place;
        const auto kept_key = keep(key);
        rctoml_node node{};
        node.parent = parent;
        node.key = kept_key.data();
        node.key_length = kept_key.size();
        node.key_line = key_place.line;
        node.key_column = key_place.column;
        node.line = place.line;
        node.column = place.column;
        if (const auto *text = source.as_string()) {
            const auto kept = keep(text->get());
            node.kind = RCTOML_STRING;
            node.text = kept.data();
            node.text_length = kept.size();
        } else if (const auto *integer = source.as_integer()) {
            node.kind = RCTOML_INTEGER;
            node.integer = integer->get();
        } else if (source.is_floating_point()) {
            node.kind = RCTOML_FLOAT;
        } else if (const auto *boolean = source.as_boolean()) {
            node.kind = RCTOML_BOOLEAN;
            node.integer = boolean->get() ? 1 : 0;
        } else if (source.is_table()) {
            node.kind = RCTOML_TABLE;
        } else if (source.is_array()) {
            node.kind = RCTOML_ARRAY;
        } else {
            node.kind = RCTOML_DATE_OR_TIME;
        }
        const auto index = static_cast<std::int32_t>(nodes.size());
        nodes.push_back(node);
        // The parser itself limits how deep values nest (TOML_MAX_NESTED_VALUES), so this recursion is bounded.
        if (const auto *table = source.as_table()) {
            for (const auto &[name, value] : *table) add(value, index, name.str(), name.source().begin);
        } else if (const auto *array = source.as_array()) {
            for (const auto &value : *array) add(value, index, {}, {});
        }
    }
};

extern "C" rctoml_document *rctoml_parse(const char *text, size_t length)
{
    rctoml_document *document = nullptr;
    try {
        document = new rctoml_document;
        const toml::parse_result result = toml::parse(std::string_view{text, length});
        if (result) {
            document->add(result.table(), -1, {}, {});
        } else {
            document->failed = true;
            document->error = std::string{result.error().description()};
            document->error_place = result.error().source().begin;
        }
        return document;
    } catch (...) {
        delete document;
        return nullptr;
    }
}

extern "C" void rctoml_free(rctoml_document *document) { delete document; }

extern "C" const char *rctoml_error(const rctoml_document *document, uint32_t *line, uint32_t *column)
{
    if (!document->failed) return nullptr;
    *line = document->error_place.line;
    *column = document->error_place.column;
    return document->error.c_str();
}

extern "C" const rctoml_node *rctoml_nodes(const rctoml_document *document, size_t *count)
{
    *count = document->nodes.size();
    return document->nodes.data();
}
