// toml++ for Swift: parses a document into one flat array of nodes, with the place of each in the text.
#ifndef REPLICA_CTOMLPLUSPLUS_H
#define REPLICA_CTOMLPLUSPLUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a node holds. 0 is never used.
enum rctoml_kind {
    RCTOML_TABLE = 1,
    RCTOML_ARRAY = 2,
    RCTOML_STRING = 3,
    RCTOML_INTEGER = 4,
    RCTOML_FLOAT = 5,
    RCTOML_BOOLEAN = 6,
    RCTOML_DATE_OR_TIME = 7,
};

/// One node. Texts are UTF-8, not terminated, and live as long as the document.
typedef struct rctoml_node {
    /// An rctoml_kind.
    int32_t kind;
    /// The index of the table or array that holds this node, smaller than its own; -1 for the root.
    int32_t parent;
    /// The key in a table; empty in an array and for the root.
    const char *key;
    size_t key_length;
    /// The place of the key, or of the value where there is no key; lines and columns count from 1, 0 is unknown.
    uint32_t key_line, key_column;
    /// The place of the value.
    uint32_t line, column;
    /// The value of an integer; 1 or 0 for a boolean.
    int64_t integer;
    /// The value of a string.
    const char *text;
    size_t text_length;
} rctoml_node;

/// A parsed document, or the error that stopped the parser.
typedef struct rctoml_document rctoml_document;

/// Parses `length` bytes of UTF-8. Returns a document to be freed, or NULL when there is no memory.
rctoml_document *rctoml_parse(const char *text, size_t length);
/// Frees a document.
void rctoml_free(rctoml_document *document);
/// The error, terminated, or NULL when the text was parsed; its place goes into `line` and `column`.
const char *rctoml_error(const rctoml_document *document, uint32_t *line, uint32_t *column);
/// The nodes, the root first and each before those that it holds; their number goes into `count`.
const rctoml_node *rctoml_nodes(const rctoml_document *document, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
