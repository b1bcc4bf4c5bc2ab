/*
 * lint_file - rules about files, packages and services
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include <ctype.h>
#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/text.h"

/* "warranty.v1" for "warranty/v1/warranty.proto"; NULL if the file does not lie so. */
static const char *
package_of_path(const char *path)
{
    const char *first = strchr(path, '/');
    const char *second = first == NULL ? NULL : strchr(first + 1, '/');
    if (second == NULL || strchr(second + 1, '/') != NULL)
        return NULL;
    return memory_format("%.*s.%.*s", (int)(first - path), path, (int)(second - first - 1),
                         first + 1);
}

/* A lower-case word without '_', then "v" and a number. */
static bool
is_package(const char *package)
{
    size_t noun_len = strspn(package, "abcdefghijklmnopqrstuvwxyz0123456789");
    if (noun_len == 0 || isdigit((unsigned char)package[0]) || package[noun_len] != '.' ||
        package[noun_len + 1] != 'v')
        return false;
    const char *number = package + noun_len + 2;
    return number[0] != '\0' && strspn(number, "0123456789") == strlen(number);
}

static void
check_package(struct lint *lint, const struct model_file *file)
{
    struct source_path path = {.steps = {SOURCE_FILE_PACKAGE}, .count = 1};
    struct source_place place = source_find(&file->source, &path);
    const char *expected = package_of_path(file->name);
    if (!is_package(file->package))
        lint_report(lint, &place, "a package is a noun and a version, as warranty.v1");
    else if (expected == NULL || !text_is_equal(expected, file->package))
        lint_report(lint, &place, "package %s must lie in the folder %s/", file->package,
                    memory_format("%.*s/%s", (int)strcspn(file->package, "."), file->package,
                                  strchr(file->package, '.') + 1));
}

static void
check_imports(struct lint *lint, const struct model_file *file)
{
    for (size_t i = 0; i < file->proto->n_dependency; i++) {
        const char *name = file->proto->dependency[i];
        if (!text_starts_with(name, "common/v1/") && !text_starts_with(name, "google/protobuf/"))
            lint_report(lint, &file->place,
                        "%s must not be imported: services share common/v1 only, what else they "
                        "need they copy",
                        name);
    }
}

/* "WarrantyService" for "warranty". */
static const char *
service_name(const char *noun)
{
    return memory_format("%c%sService", toupper((unsigned char)noun[0]), noun + 1);
}

static void
check_services(struct lint *lint, const struct model_file *file)
{
    for (size_t i = 0; i < file->service_count; i++) {
        const struct model_service *service = file->services[i];
        if (service->place.comment[0] == '\0')
            lint_report(lint, &service->place, "service %s has no comment", service->name);
        if (service->noun[0] != '\0' && !text_is_equal(service->name, service_name(service->noun)))
            lint_report(lint, &service->place, "the service of package %s is named %s",
                        file->package, service_name(service->noun));
    }
    size_t before = 0;
    for (size_t f = 0; f < lint->model->file_count && lint->model->files[f] != file; f++)
        if (text_is_equal(lint->model->files[f]->package, file->package))
            before += lint->model->files[f]->service_count;
    if (file->service_count > 0 && before + file->service_count > 1)
        lint_report(lint, &file->services[file->service_count - 1]->place,
                    "package %s has a service already", file->package);
}

/* Our tables drop the borders between parts of a name, so two names may fall together. */
static void
check_symbols(struct lint *lint, const struct model_file *file)
{
    for (size_t i = 0; i < file->message_count; i++)
        for (size_t k = 0; k < i; k++)
            if (text_is_equal(name_symbol(file->messages[i]->full_name),
                              name_symbol(file->messages[k]->full_name)))
                lint_report(lint, &file->messages[i]->place,
                            "messages %s and %s would have one name in C",
                            file->messages[k]->full_name, file->messages[i]->full_name);
}

void
lint_check_file(struct lint *lint, const struct model_file *file)
{
    if (file->proto->syntax == NULL || !text_is_equal(file->proto->syntax, "proto3"))
        lint_report(lint, &file->place, "a contract is written in proto3");
    if (file->place.comment[0] == '\0')
        lint_report(lint, &file->place, "the file has no comment above its syntax line");
    check_package(lint, file);
    check_imports(lint, file);
    check_services(lint, file);
    check_symbols(lint, file);
}
