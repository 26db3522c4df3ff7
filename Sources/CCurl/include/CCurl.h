// The variadic calls of libcurl that Swift cannot make itself. No policy lives here.
#ifndef REPLICA_CCURL_H
#define REPLICA_CCURL_H

#include <curl/curl.h>
#include <stddef.h>

/// Takes a piece of an answer; a result other than `length` ends the transfer with CURLE_WRITE_ERROR.
typedef size_t (*rcu_sink)(char *bytes, size_t size, size_t length, void *context);

/// Sets an option whose value is a number.
CURLcode rcu_set_number(CURL *handle, CURLoption option, long value);
/// Sets an option whose value is a text, which libcurl copies (CURLOPT_POSTFIELDS it does not); NULL sets none.
CURLcode rcu_set_text(CURL *handle, CURLoption option, const char *value);
/// Sets an option whose value is a pointer that libcurl keeps.
CURLcode rcu_set_pointer(CURL *handle, CURLoption option, void *value);
/// Sets where the bodies and the header lines of answers go. Both get `context`.
CURLcode rcu_set_sinks(CURL *handle, rcu_sink body, rcu_sink headers, void *context);
/// The HTTP status of the last answer; 0 when there was none.
long rcu_status(CURL *handle);

#endif
