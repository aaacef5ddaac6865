// Numbers with a check digit.

#include <string.h>

#include "identifiers.h"

#define LONGEST 34

typedef exports_acme_identifiers_check_kind_t kind_t;
typedef exports_acme_identifiers_check_verdict_t verdict_t;

// A number without blanks and dashes, in capitals.
typedef struct {
  char text[LONGEST];
  uint32_t position[LONGEST]; // of each character, as written
  uint32_t length;
} number_t;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

static void wrong_length(verdict_t *verdict, uint32_t length) {
  verdict->tag = EXPORTS_ACME_IDENTIFIERS_CHECK_VERDICT_WRONG_LENGTH;
  verdict->val.wrong_length = length;
}

static void wrong_character(verdict_t *verdict, uint32_t character, uint32_t position) {
  verdict->tag = EXPORTS_ACME_IDENTIFIERS_CHECK_VERDICT_WRONG_CHARACTER;
  verdict->val.wrong_character.character = character;
  verdict->val.wrong_character.position = position;
}

// The character that starts at `at`, and the place behind it. Text of a component is UTF-8.
static uint32_t next_character(const identifiers_string_t *text, size_t *at) {
  uint8_t first = text->ptr[(*at)++];
  if (first < 0x80) return first;
  int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  uint32_t character = first & (0x3f >> more);
  while (more-- > 0) character = character << 6 | (text->ptr[(*at)++] & 0x3f);
  return character;
}

// Whether a number may hold a character where it does.
static bool fits(kind_t kind, char c, uint32_t at) {
  switch (kind) {
    case EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_IBAN:
      return at < 2 ? is_letter(c) : at < 4 ? is_digit(c) : is_digit(c) || is_letter(c);
    case EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_ISBN:
      return is_digit(c) || (c == 'X' && at == 9);
    default:
      return is_digit(c);
  }
}

static bool has_length(kind_t kind, uint32_t length) {
  switch (kind) {
    case EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_IBAN:
      return length >= 15 && length <= LONGEST;
    case EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_ISBN:
      return length == 10 || length == 13;
    case EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_GTIN:
      return length == 8 || (length >= 12 && length <= 14);
    default:
      return length >= 12 && length <= 19;
  }
}

// Reads a number; says what is wrong with its characters or its length.
static bool read_number(kind_t kind, const identifiers_string_t *text, number_t *number, verdict_t *verdict) {
  uint32_t position = 0, length = 0;
  for (size_t at = 0; at < text->len; position++) {
    uint32_t character = next_character(text, &at);
    if (character == ' ' || character == '-') continue;
    char c = character >= 'a' && character <= 'z' ? (char)(character - 'a' + 'A') : (char)character;
    if (character > 0x7f || !fits(kind, c, length)) {
      wrong_character(verdict, character, position);
      return false;
    }
    if (length < LONGEST) {
      number->text[length] = c;
      number->position[length] = position;
    }
    length++;
  }
  number->length = length;
  if (!has_length(kind, length)) {
    wrong_length(verdict, length);
    return false;
  }
  // An X is the tenth of ten; 13 digits are of the land of books.
  bool book = kind == EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_ISBN && length == 13;
  for (uint32_t at = 0; book && at < 10; at++) {
    char c = number->text[at];
    if (at == 0 ? c != '9' : at == 1 ? c != '7' : at == 2 ? c < '8' : c == 'X') {
      wrong_character(verdict, (uint32_t)c, number->position[at]);
      return false;
    }
  }
  return true;
}

// Sum of digits with the weights 1 and 3 in turn; the last one before the check digit weighs 3.
static char of_trade(const number_t *number) {
  uint32_t sum = 0;
  for (uint32_t at = 0; at + 1 < number->length; at++) {
    sum += (uint32_t)(number->text[at] - '0') * ((number->length - at) % 2 ? 1 : 3);
  }
  return (char)('0' + (10 - sum % 10) % 10);
}

static char of_old_book(const number_t *number) {
  uint32_t sum = 0;
  for (uint32_t at = 0; at < 9; at++) sum += (uint32_t)(number->text[at] - '0') * (10 - at);
  uint32_t check = (11 - sum % 11) % 11;
  return check == 10 ? 'X' : (char)('0' + check);
}

// Luhn's: every second digit counts twice.
static char of_card(const number_t *number) {
  uint32_t sum = 0;
  for (uint32_t at = 0; at + 1 < number->length; at++) {
    uint32_t digit = (uint32_t)(number->text[at] - '0');
    if ((number->length - at) % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return (char)('0' + (10 - sum % 10) % 10);
}

// The rest of a division by 97, letters as numbers from 10 on, the country and two noughts behind the account.
static uint32_t of_account(const number_t *number) {
  uint32_t rest = 0;
  for (uint32_t count = 0; count < number->length; count++) {
    uint32_t at = (count + 4) % number->length;
    char c = at == 2 || at == 3 ? '0' : number->text[at];
    rest = is_digit(c) ? (rest * 10 + (uint32_t)(c - '0')) % 97 : (rest * 100 + (uint32_t)(c - 'A') + 10) % 97;
  }
  return 98 - rest;
}

// The check digits that a number should have, and where.
static uint32_t expected(kind_t kind, const number_t *number, char *digits, uint32_t *at) {
  *at = number->length - 1;
  switch (kind) {
    case EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_IBAN: {
      uint32_t check = of_account(number);
      digits[0] = (char)('0' + check / 10);
      digits[1] = (char)('0' + check % 10);
      *at = 2;
      return 2;
    }
    case EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_ISBN:
      digits[0] = number->length == 10 ? of_old_book(number) : of_trade(number);
      return 1;
    case EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_GTIN:
      digits[0] = of_trade(number);
      return 1;
    default:
      digits[0] = of_card(number);
      return 1;
  }
}

static void judge(kind_t kind, const identifiers_string_t *text, verdict_t *verdict) {
  number_t number;
  if (!read_number(kind, text, &number, verdict)) return;
  char digits[2];
  uint32_t at, count = expected(kind, &number, digits, &at);
  if (memcmp(number.text + at, digits, count) == 0) {
    verdict->tag = EXPORTS_ACME_IDENTIFIERS_CHECK_VERDICT_VALID;
    identifiers_string_dup_n(&verdict->val.valid, number.text, number.length);
  } else {
    verdict->tag = EXPORTS_ACME_IDENTIFIERS_CHECK_VERDICT_WRONG_CHECKSUM;
    identifiers_string_dup_n(&verdict->val.wrong_checksum, digits, count);
  }
}

// What an export is given is its own to free; what it gives is freed by the bindings.
void exports_acme_identifiers_check_identify(kind_t kind, identifiers_string_t *number, verdict_t *verdict) {
  judge(kind, number, verdict);
  identifiers_string_free(number);
}

exports_acme_identifiers_check_kinds_t exports_acme_identifiers_check_kinds_of(identifiers_string_t *number) {
  exports_acme_identifiers_check_kinds_t kinds = 0;
  for (kind_t kind = 0; kind <= EXPORTS_ACME_IDENTIFIERS_CHECK_KIND_PAYMENT_CARD; kind++) {
    verdict_t verdict;
    judge(kind, number, &verdict);
    if (verdict.tag == EXPORTS_ACME_IDENTIFIERS_CHECK_VERDICT_VALID) kinds |= (uint8_t)(1 << kind);
    exports_acme_identifiers_check_verdict_free(&verdict);
  }
  identifiers_string_free(number);
  return kinds;
}
