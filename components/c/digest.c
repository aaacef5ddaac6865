// Checksums of bytes.

#include "identifiers.h"

void exports_acme_identifiers_digest_checksums_of(identifiers_list_u8_t *data,
                                                  exports_acme_identifiers_digest_checksums_t *sums) {
  uint32_t crc = 0xffffffff;
  uint64_t fnv = 0xcbf29ce484222325;
  for (size_t at = 0; at < data->len; at++) {
    crc ^= data->ptr[at];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    fnv = (fnv ^ data->ptr[at]) * 0x100000001b3;
  }
  sums->crc32 = ~crc;
  sums->fnv64 = fnv;
  sums->length = data->len;
  identifiers_list_u8_free(data);
}
