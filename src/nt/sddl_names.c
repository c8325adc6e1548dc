// SPDX-License-Identifier: MIT
/* The names that the text form of security descriptors uses. Constant tables only. */
#include "nt/sddl.h"
#include <string.h>

/* By rising bit: in this order they are written. */
const struct sddl_name sddl_rights[] = {{"CC", 0x1},           {"DC", 0x2},          {"LC", 0x4},
                                        {"SW", 0x8},           {"RP", 0x10},         {"WP", 0x20},
                                        {"DT", 0x40},          {"LO", 0x80},         {"CR", 0x100},
                                        {"SD", DELETE},        {"RC", READ_CONTROL}, {"WD", WRITE_DAC},
                                        {"WO", WRITE_OWNER},   {"GA", GENERIC_ALL},  {"GX", GENERIC_EXECUTE},
                                        {"GW", GENERIC_WRITE}, {"GR", GENERIC_READ}, {"", 0}};

/* The first of two with the same value is the one that is written. */
const struct sddl_name sddl_file_rights[] = {{"FA", FILE_ALL_ACCESS},
                                             {"FR", FILE_GENERIC_READ},
                                             {"FW", FILE_GENERIC_WRITE},
                                             {"FX", FILE_GENERIC_EXECUTE},
                                             {"KA", 0xF003F},
                                             {"KR", 0x20019},
                                             {"KW", 0x20006},
                                             {"KX", 0x20019},
                                             {"", 0}};

const struct sddl_name sddl_label_rights[] = {{"NW", 1}, {"NR", 2}, {"NX", 4}, {"", 0}};

const struct sddl_name sddl_flags[] = {
    {"OI", OBJECT_INHERIT_ACE},         {"CI", CONTAINER_INHERIT_ACE},  {"NP", NO_PROPAGATE_INHERIT_ACE},
    {"IO", INHERIT_ONLY_ACE},           {"ID", INHERITED_ACE},          {"CR", CRITICAL_ACE_FLAG},
    {"SA", SUCCESSFUL_ACCESS_ACE_FLAG}, {"FA", FAILED_ACCESS_ACE_FLAG}, {"", 0}};

const struct sddl_type sddl_types[] = {{"A", ACCESS_ALLOWED_ACE_TYPE, true},
                                       {"D", ACCESS_DENIED_ACE_TYPE, true},
                                       {"AU", SYSTEM_AUDIT_ACE_TYPE, true},
                                       {"AL", SYSTEM_ALARM_ACE_TYPE, true},
                                       {"OA", ACCESS_ALLOWED_OBJECT_ACE_TYPE, true},
                                       {"OD", ACCESS_DENIED_OBJECT_ACE_TYPE, true},
                                       {"OU", SYSTEM_AUDIT_OBJECT_ACE_TYPE, true},
                                       {"OL", SYSTEM_ALARM_OBJECT_ACE_TYPE, true},
                                       {"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE, true},
                                       {"SP", SYSTEM_SCOPED_POLICY_ID_ACE_TYPE, true},
                                       {"TL", SYSTEM_PROCESS_TRUST_LABEL_ACE_TYPE, true},
                                       {"XA", ACCESS_ALLOWED_CALLBACK_ACE_TYPE, false},
                                       {"XD", ACCESS_DENIED_CALLBACK_ACE_TYPE, false},
                                       {"ZA", ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE, false},
                                       {"XU", SYSTEM_AUDIT_CALLBACK_ACE_TYPE, false},
                                       {"RA", SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE, false},
                                       {"FL", SYSTEM_ACCESS_FILTER_ACE_TYPE, false},
                                       {"", 0, false}};

const struct sddl_alias sddl_aliases[] = {
    {"WD", 1, 1, {0}},       {"CO", 3, 1, {0}},       {"CG", 3, 1, {1}},       {"OW", 3, 1, {4}},
    {"NU", 5, 1, {2}},       {"IU", 5, 1, {4}},       {"SU", 5, 1, {6}},       {"AN", 5, 1, {7}},
    {"ED", 5, 1, {9}},       {"PS", 5, 1, {10}},      {"AU", 5, 1, {11}},      {"RC", 5, 1, {12}},
    {"SY", 5, 1, {18}},      {"LS", 5, 1, {19}},      {"NS", 5, 1, {20}},      {"WR", 5, 1, {33}},
    {"BA", 5, 2, {32, 544}}, {"BU", 5, 2, {32, 545}}, {"BG", 5, 2, {32, 546}}, {"PU", 5, 2, {32, 547}},
    {"AO", 5, 2, {32, 548}}, {"SO", 5, 2, {32, 549}}, {"PO", 5, 2, {32, 550}}, {"BO", 5, 2, {32, 551}},
    {"RE", 5, 2, {32, 552}}, {"RU", 5, 2, {32, 554}}, {"RD", 5, 2, {32, 555}}, {"NO", 5, 2, {32, 556}},
    {"MU", 5, 2, {32, 558}}, {"LU", 5, 2, {32, 559}}, {"IS", 5, 2, {32, 568}}, {"CY", 5, 2, {32, 569}},
    {"ER", 5, 2, {32, 573}}, {"CD", 5, 2, {32, 574}}, {"RA", 5, 2, {32, 575}}, {"ES", 5, 2, {32, 576}},
    {"MS", 5, 2, {32, 577}}, {"HA", 5, 2, {32, 578}}, {"AA", 5, 2, {32, 579}}, {"RM", 5, 2, {32, 580}},
    {"UD", 5, 6, {84}},      {"AC", 15, 2, {2, 1}},   {"LW", 16, 1, {0x1000}}, {"ME", 16, 1, {0x2000}},
    {"MP", 16, 1, {0x2100}}, {"HI", 16, 1, {0x3000}}, {"SI", 16, 1, {0x4000}}, {"AS", 18, 1, {1}},
    {"SS", 18, 1, {2}},      {"", 0, 0, {0}}};

bool sddl_alias_is_foreign(const char *two)
{
    static const char names[][3] = {"DA", "DG", "DU", "DD", "DC", "CA", "SA", "EA", "PA",
                                    "RS", "RO", "LA", "LG", "CN", "AP", "KA", "EK"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (memcmp(names[i], two, 2) == 0)
            return true;
    return false;
}
