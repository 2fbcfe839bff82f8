// See ccurl.h. The numbers below are curl's stable binary interface; they need no header to build.

#include "ccurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
  OPTION_WRITE_DATA = 10001,
  OPTION_URL = 10002,
  OPTION_ERROR_BUFFER = 10010,
  OPTION_POST_FIELDS = 10015,
  OPTION_HEADERS = 10023,
  OPTION_HEADER_DATA = 10029,
  OPTION_WRITE_FUNCTION = 20011,
  OPTION_HEADER_FUNCTION = 20079,
  OPTION_POST_LENGTH = 30120,
  OPTION_GET = 80,
  OPTION_NO_SIGNAL = 99,
  OPTION_TIMEOUT = 155,
  OPTION_CONNECT_TIMEOUT = 156,
  OPTION_PROTOCOLS = 181,
  INFO_STATUS = 0x200002,
  GLOBAL_DEFAULT = 3,
  HTTP_AND_HTTPS = 3,
  ERROR_LENGTH = 256,
};

static struct {
  int (*global_init)(long flags);
  void *(*easy_init)(void);
  int (*easy_setopt)(void *easy, int option, ...);
  int (*easy_getinfo)(void *easy, int info, ...);
  int (*easy_perform)(void *easy);
  void (*easy_reset)(void *easy);
  void (*easy_cleanup)(void *easy);
  const char *(*easy_strerror)(int code);
  void *(*slist_append)(void *list, const char *text);
  void (*slist_free_all)(void *list);
} curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *load_failure;

static void load(void) {
#ifdef __APPLE__
  static const char *const names[] = {"libcurl.4.dylib"};
#else
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
#endif
  void *library = NULL;
  for (size_t i = 0; library == NULL && i < sizeof names / sizeof *names; i++) {
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  }
  if (library == NULL) {
    load_failure = "libcurl cannot be found; install it (Debian and Ubuntu: apt-get install libcurl4)";
    return;
  }
  const struct {
    const char *name;
    void *place;
  } symbols[] = {
      {"curl_global_init", &curl.global_init},     {"curl_easy_init", &curl.easy_init},
      {"curl_easy_setopt", &curl.easy_setopt},     {"curl_easy_getinfo", &curl.easy_getinfo},
      {"curl_easy_perform", &curl.easy_perform},   {"curl_easy_reset", &curl.easy_reset},
      {"curl_easy_cleanup", &curl.easy_cleanup},   {"curl_easy_strerror", &curl.easy_strerror},
      {"curl_slist_append", &curl.slist_append},   {"curl_slist_free_all", &curl.slist_free_all},
  };
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *symbol = dlsym(library, symbols[i].name);
    if (symbol == NULL) {
      load_failure = "libcurl lacks a function that every version 7 and 8 has; install it anew";
      return;
    }
    // A data pointer is copied into a function pointer, which C cannot assign.
    memcpy(symbols[i].place, &symbol, sizeof symbol);
  }
  if (curl.global_init(GLOBAL_DEFAULT) != 0) load_failure = "libcurl cannot be started";
}

const char *gar_http_load(void) {
  pthread_once(&once, load);
  return load_failure;
}

typedef struct {
  char *bytes;
  size_t length, capacity, limit;
  int is_full;
} buffer;

struct gar_http {
  void *easy;
  buffer headers, body;
  char reason[ERROR_LENGTH];
};

// Takes a piece of the answer; taking less than all makes curl give up.
static size_t append(char *bytes, size_t size, size_t count, void *context) {
  buffer *to = context;
  size_t length = size * count;
  if (length > to->limit - to->length) {
    to->is_full = 1;
    return 0;
  }
  if (length > to->capacity - to->length) {
    size_t capacity = 2 * (to->length + length);
    char *grown = realloc(to->bytes, capacity);
    if (grown == NULL) return 0;
    to->bytes = grown;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->length, bytes, length);
  to->length += length;
  return length;
}

static void empty(buffer *it, size_t limit) {
  it->length = 0;
  it->limit = limit;
  it->is_full = 0;
}

gar_http *gar_http_open(void) {
  if (curl.easy_init == NULL) return NULL;
  gar_http *http = calloc(1, sizeof *http);
  if (http == NULL) return NULL;
  http->easy = curl.easy_init();
  if (http->easy != NULL) return http;
  free(http);
  return NULL;
}

void gar_http_close(gar_http *http) {
  if (http == NULL) return;
  curl.easy_cleanup(http->easy);
  free(http->headers.bytes);
  free(http->body.bytes);
  free(http);
}

static gar_http_outcome outcome(int code, const gar_http *http) {
  if (http->body.is_full || http->headers.is_full) return GAR_HTTP_TOO_LONG;
  switch (code) {
  case 0: return GAR_HTTP_DONE;
  case 1: case 3: return GAR_HTTP_BAD_URL;
  case 5: case 6: return GAR_HTTP_UNKNOWN_HOST;
  case 7: return GAR_HTTP_NO_CONNECTION;
  case 28: return GAR_HTTP_TIMED_OUT;
  // Handshake, certificates, and the files and engines that they need.
  case 35: case 51: case 53: case 54: case 58: case 59: case 60: case 66: case 77: case 80:
  case 82: case 83: case 90: case 91: return GAR_HTTP_TLS;
  // An answer that ended early or broke the protocol, on HTTP/1 or HTTP/2.
  case 8: case 16: case 18: case 52: case 55: case 56: case 61: case 92: return GAR_HTTP_CUT;
  default: return GAR_HTTP_OTHER;
  }
}

gar_http_outcome gar_http_exchange(gar_http *http, const char *url, const char *const *headers,
                                   const char *body, size_t body_length, long milliseconds,
                                   size_t limit, gar_http_reply *reply) {
  void *list = NULL;
  http->reason[0] = 0;
  empty(&http->headers, 1 << 18);
  empty(&http->body, limit);
  for (; *headers != NULL; headers++) {
    void *longer = curl.slist_append(list, *headers);
    if (longer == NULL) {
      curl.slist_free_all(list);
      return GAR_HTTP_OTHER;
    }
    list = longer;
  }
  curl.easy_reset(http->easy);
  curl.easy_setopt(http->easy, OPTION_URL, url);
  curl.easy_setopt(http->easy, OPTION_PROTOCOLS, (long)HTTP_AND_HTTPS);
  curl.easy_setopt(http->easy, OPTION_HEADERS, list);
  curl.easy_setopt(http->easy, OPTION_TIMEOUT, milliseconds);
  curl.easy_setopt(http->easy, OPTION_CONNECT_TIMEOUT, milliseconds);
  curl.easy_setopt(http->easy, OPTION_NO_SIGNAL, 1L);
  curl.easy_setopt(http->easy, OPTION_ERROR_BUFFER, http->reason);
  curl.easy_setopt(http->easy, OPTION_WRITE_FUNCTION, append);
  curl.easy_setopt(http->easy, OPTION_WRITE_DATA, &http->body);
  curl.easy_setopt(http->easy, OPTION_HEADER_FUNCTION, append);
  curl.easy_setopt(http->easy, OPTION_HEADER_DATA, &http->headers);
  if (body == NULL) {
    curl.easy_setopt(http->easy, OPTION_GET, 1L);
  } else {
    curl.easy_setopt(http->easy, OPTION_POST_LENGTH, (long long)body_length);
    curl.easy_setopt(http->easy, OPTION_POST_FIELDS, body);
  }
  int code = curl.easy_perform(http->easy);
  if (http->reason[0] == 0) {
    strncpy(http->reason, curl.easy_strerror(code), ERROR_LENGTH - 1);
  }
  reply->status = 0;
  curl.easy_getinfo(http->easy, INFO_STATUS, &reply->status);
  reply->headers = http->headers.bytes;
  reply->headers_length = http->headers.length;
  reply->body = http->body.bytes;
  reply->body_length = http->body.length;
  // The list and the caller's body must not be kept beyond this call.
  curl.easy_reset(http->easy);
  curl.slist_free_all(list);
  return outcome(code, http);
}

const char *gar_http_reason(const gar_http *http) { return http->reason; }
