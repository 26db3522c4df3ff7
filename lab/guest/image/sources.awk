# Writes the C file that `load compile` compiles: functions over arrays, structures and strings, all different.
# usage: awk -v file=N -f sources.awk
BEGIN {
    print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>"
    print "struct item { long key; double weight; char name[24]; struct item *next; };"
    for (number = 1; number <= 2; number++) {
        seed = file * 100 + number
        printf "static long sum_%d(const long *values, size_t count) {\n", seed
        printf "    long total = %d;\n    for (size_t i = 0; i < count; i++) {\n", seed
        printf "        if (values[i] %% %d == %d) total += values[i] * %d;\n", number + 2, number % 3, seed
        printf "        else total ^= values[i] >> %d;\n    }\n    return total;\n}\n", number % 7 + 1
        printf "struct item *add_%d(struct item *list, long key, double weight) {\n", seed
        print "    struct item *item = malloc(sizeof *item);\n    if (!item) return list;"
        printf "    item->key = key + %d;\n    item->weight = weight * %d.5;\n", seed, number
        printf "    snprintf(item->name, sizeof item->name, \"item %%ld of %d\", key);\n", seed
        print "    struct item **place = &list;\n    while (*place && (*place)->key < item->key) place = &(*place)->next;"
        print "    item->next = *place;\n    *place = item;\n    return list;\n}"
        printf "double walk_%d(const struct item *list, const long *values, size_t count) {\n", seed
        printf "    double result = sum_%d(values, count);\n", seed
        print "    for (; list; list = list->next) {"
        printf "        switch (list->key %% 5) {\n        case 0: result += list->weight; break;\n"
        printf "        case 1: result -= strlen(list->name) * %d; break;\n", number
        printf "        case 2: result *= 1.0 + list->weight / %d; break;\n", seed
        print "        default: result += list->key;\n        }\n    }\n    return result;\n}"
    }
}
