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

int rxl_restore(struct rxl_session *session, const char *json, const char *name, int stream, uint32_t *domain)
{
    libxl_domain_config configuration;
    libxl_domain_restore_params parameters;
    libxl_domain_config_init(&configuration);
    libxl_domain_restore_params_init(&parameters);
    int result = libxl_domain_config_from_json(session->context, &configuration, json);
    if (!result) result = replace(&configuration.c_info.name, name);
    if (!result) {
        parameters.checkpointed_stream = LIBXL_CHECKPOINTED_STREAM_REMUS;
        parameters.stream_version = 2;
        result = libxl_domain_create_restore(session->context, &configuration, domain, stream, -1, &parameters, NULL, NULL);
    }
    libxl_domain_restore_params_dispose(&parameters);
    libxl_domain_config_dispose(&configuration);
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
