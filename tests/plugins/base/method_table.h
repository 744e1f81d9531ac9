/* SPDX-License-Identifier: MIT */
/* The table, with the functions that the including file has put in place of the good ones. */
#ifndef METHOD_LOAD
#define METHOD_LOAD good_load
#endif
#ifndef METHOD_UNLOAD
#define METHOD_UNLOAD good_unload
#endif
#ifndef METHOD_AUGMENT
#define METHOD_AUGMENT good_augment
#endif
#ifndef METHOD_LEARN
#define METHOD_LEARN good_learn
#endif

static const grasp_method method = {sizeof(method),
                                    0,
                                    "noting",
                                    "one note per failure tag",
                                    NULL,
                                    good_open,
                                    good_info,
                                    METHOD_LOAD,
                                    METHOD_UNLOAD,
                                    METHOD_AUGMENT,
                                    NULL,
                                    METHOD_LEARN,
                                    NULL,
                                    good_close,
                                    NULL};
GRASP_PLUGIN_METHOD("noting", "1.0", "MIT", &method)
