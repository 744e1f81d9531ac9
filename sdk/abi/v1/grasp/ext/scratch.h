/* SPDX-License-Identifier: MIT */
/* "grasp.scratch/1", offered by the host: private folders that are gone when they should be. */
#ifndef GRASP_EXT_SCRATCH_H
#define GRASP_EXT_SCRATCH_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRASP_EXT_SCRATCH "grasp.scratch/1"

typedef struct grasp_scratch {
    uint32_t size;
    uint32_t reserved;

    /* Absolute path of an empty folder, mode 0700. From begin or step it belongs to the episode,
     * the same at each call, and is removed after end(); from open it belongs to the instance and
     * is removed after close(). The text lives as long. Other calls: GRASP_E_STATE. May block. */
    int32_t (*folder)(grasp_call *call, grasp_str *out_path);
} grasp_scratch;

#ifdef __cplusplus
}
#endif

#endif
