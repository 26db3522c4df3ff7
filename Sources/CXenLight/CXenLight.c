#include "CXenLight.h"

#include <libxl.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xentoollog.h>

struct rxl_session {
    libxl_ctx *context;
    xentoollog_logger_stdiostream *logger;
};

struct rxl_session *rxl_open(void)
{
    struct rxl_session *session = calloc(1, sizeof *session);
    if (!session) return NULL;
    session->logger = xtl_createlogger_stdiostream(stderr, XTL_WARN, 0);
    if (!session->logger
        || libxl_ctx_alloc(&session->context, LIBXL_VERSION, 0, (xentoollog_logger *)session->logger)) {
        rxl_close(session);
        return NULL;
    }
    return session;
}

void rxl_close(struct rxl_session *session)
{
    libxl_ctx_free(session->context);
    if (session->logger) xtl_logger_destroy((xentoollog_logger *)session->logger);
    free(session);
}

int rxl_describe(struct rxl_session *session, uint32_t domain, char **json)
{
    libxl_domain_config configuration;
    libxl_domain_config_init(&configuration);
    int result = libxl_retrieve_domain_configuration(session->context, domain, &configuration, NULL);
    if (!result) {
        *json = libxl_domain_config_to_json(session->context, &configuration);
        if (!*json) result = ERROR_NOMEM;
    }
    libxl_domain_config_dispose(&configuration);
    return result;
}

void rxl_free_text(char *text) { free(text); }

int rxl_destroy(struct rxl_session *session, uint32_t domain)
{
    return libxl_domain_destroy(session->context, domain, NULL);
}

static int replace(char **text, const char *replacement)
{
    free(*text);
    *text = strdup(replacement);
    return *text ? 0 : ERROR_NOMEM;
}

static const char stand_in[] = "/bin/true";

static int replace_or_clear(char **text, const char *replacement)
{
    if (replacement) return replace(text, replacement);
    free(*text);
    *text = NULL;
    return 0;
}

/// Where the scripts of a configuration's device are, or NULL when it has no such device.
static char **script_of(libxl_domain_config *configuration, int is_disk, int32_t place)
{
    if (place < 0 || place >= (is_disk ? configuration->num_disks : configuration->num_nics)) return NULL;
    return is_disk ? &configuration->disks[place].script : &configuration->nics[place].script;
}

static int leave(libxl_domain_config *configuration, int is_disk, const int32_t *places, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        char **script = script_of(configuration, is_disk, places[index]);
        int result = script ? replace(script, stand_in) : ERROR_INVAL;
        if (result) return result;
    }
    return 0;
}

static int put_back(libxl_domain_config *kept, libxl_domain_config *original, int is_disk, const int32_t *places,
                    size_t count)
{
    for (size_t index = 0; index < count; index++) {
        char **script = script_of(kept, is_disk, places[index]);
        char **before = script_of(original, is_disk, places[index]);
        int result = script && before ? replace_or_clear(script, *before) : ERROR_INVAL;
        if (result) return result;
    }
    return 0;
}

int rxl_restore(struct rxl_session *session, const char *json, const char *name, int stream, const int32_t *nics,
                size_t nic_count, const int32_t *disks, size_t disk_count, uint32_t *domain)
{
    libxl_domain_config configuration;
    libxl_domain_restore_params parameters;
    libxl_domain_config_init(&configuration);
    libxl_domain_restore_params_init(&parameters);
    int result = libxl_domain_config_from_json(session->context, &configuration, json);
    if (!result) result = replace(&configuration.c_info.name, name);
    if (!result) result = leave(&configuration, 0, nics, nic_count);
    if (!result) result = leave(&configuration, 1, disks, disk_count);
    if (!result) {
        parameters.checkpointed_stream = LIBXL_CHECKPOINTED_STREAM_REMUS;
        parameters.stream_version = 2;
        result = libxl_domain_create_restore(session->context, &configuration, domain, stream, -1, &parameters, NULL, NULL);
    }
    libxl_domain_restore_params_dispose(&parameters);
    libxl_domain_config_dispose(&configuration);
    return result;
}

int rxl_put_scripts_back(struct rxl_session *session, uint32_t domain, const char *json, const int32_t *nics,
                         size_t nic_count, const int32_t *disks, size_t disk_count)
{
    static const char books[] = "libxl-json";
    libxl_domain_config original, kept;
    uint8_t *data = NULL;
    int length = 0;
    libxl_domain_config_init(&original);
    libxl_domain_config_init(&kept);
    int result = libxl_domain_config_from_json(session->context, &original, json);
    if (!result) result = libxl_userdata_retrieve(session->context, domain, books, &data, &length);
    // Libxl keeps the text with its end.
    if (!result && (length == 0 || data[length - 1] != 0)) result = ERROR_JSON_CONFIG_EMPTY;
    if (!result) result = libxl_domain_config_from_json(session->context, &kept, (const char *)data);
    if (!result) result = put_back(&kept, &original, 0, nics, nic_count);
    if (!result) result = put_back(&kept, &original, 1, disks, disk_count);
    if (!result) {
        char *text = libxl_domain_config_to_json(session->context, &kept);
        result = text ? libxl_userdata_store(session->context, domain, books, (const uint8_t *)text, (int)strlen(text) + 1)
                      : ERROR_NOMEM;
        free(text);
    }
    free(data);
    libxl_domain_config_dispose(&kept);
    libxl_domain_config_dispose(&original);
    return result;
}

int rxl_create(struct rxl_session *session, const char *json, uint32_t *domain)
{
    libxl_domain_config configuration;
    libxl_domain_config_init(&configuration);
    int result = libxl_domain_config_from_json(session->context, &configuration, json);
    if (!result) {
        // Libxl refuses the number of a domain that has just gone.
        configuration.c_info.domid = INVALID_DOMID;
        result = libxl_domain_create_new(session->context, &configuration, domain, NULL, NULL);
    }
    libxl_domain_config_dispose(&configuration);
    return result;
}

int rxl_set_aside(struct rxl_session *session, uint32_t domain, const char *name, const char *suffix)
{
    libxl_domain_create_info information;
    libxl_uuid identity;
    libxl_domain_create_info_init(&information);
    libxl_uuid_generate(&identity);
    int result = replace(&information.name, name);
    if (!result) result = libxl_domain_preserve(session->context, domain, &information, suffix, identity);
    libxl_domain_create_info_dispose(&information);
    return result;
}

int rxl_dump(struct rxl_session *session, uint32_t domain, const char *path)
{
    return libxl_domain_core_dump(session->context, domain, path, NULL);
}

int rxl_unpause(struct rxl_session *session, uint32_t domain)
{
    return libxl_domain_unpause(session->context, domain, NULL);
}

int rxl_rename(struct rxl_session *session, uint32_t domain, const char *old_name, const char *new_name)
{
    return libxl_domain_rename(session->context, domain, old_name, new_name);
}
