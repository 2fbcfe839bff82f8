// One HTTP exchange over the system's libcurl, loaded when it is first asked for: linked, its
// thirty libraries would nearly double the time that every start of the program takes. Swift
// cannot call curl's variadic functions, so they are called here.
#pragma once

#include <stddef.h>

// A connection that stays open between exchanges. For one thread at a time.
typedef struct gar_http gar_http;

// What came back; it belongs to the connection and stands until its next exchange.
typedef struct {
  long status;
  // Status line and header lines of every answer, informational ones first; not terminated.
  const char *headers;
  size_t headers_length;
  const char *body;
  size_t body_length;
} gar_http_reply;

// What came of an exchange, in the kinds that a caller treats differently.
typedef enum {
  GAR_HTTP_DONE,
  GAR_HTTP_TIMED_OUT,
  GAR_HTTP_UNKNOWN_HOST,
  GAR_HTTP_NO_CONNECTION,
  GAR_HTTP_TLS,
  GAR_HTTP_CUT,
  GAR_HTTP_TOO_LONG,
  GAR_HTTP_BAD_URL,
  GAR_HTTP_OTHER,
} gar_http_outcome;

// Loads libcurl, once; NULL, or why that cannot be done. Any thread may call it.
const char *gar_http_load(void);

// A connection to be; NULL without memory or before `gar_http_load` has succeeded.
gar_http *gar_http_open(void);

void gar_http_close(gar_http *http);

// Sends a request and waits for the whole answer. Redirections are not followed: they could carry
// the key to another host.
//   headers      lines without line ends, the last NULL
//   body         sent by POST; NULL for a GET
//   milliseconds for everything together
//   limit        the longest answer taken, in bytes
gar_http_outcome gar_http_exchange(gar_http *http, const char *url, const char *const *headers,
                                   const char *body, size_t body_length, long milliseconds,
                                   size_t limit, gar_http_reply *reply);

// Why the last exchange failed, in curl's words; it stands until the next.
const char *gar_http_reason(const gar_http *http);
