// libsodium, imported as it is: HMAC-SHA-256 and comparison in constant time.
#include <sodium/core.h>
#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_verify_32.h>
