/* SPDX-License-Identifier: MIT */
/* The table, with the functions that the including file has put in place of the good ones. */
#ifndef TASK_OPEN
#define TASK_OPEN good_open
#endif
#ifndef TASK_INFO
#define TASK_INFO good_info
#endif
#ifndef TASK_SAMPLES
#define TASK_SAMPLES good_samples
#endif
#ifndef TASK_BEGIN
#define TASK_BEGIN good_begin
#endif
#ifndef TASK_STEP
#define TASK_STEP good_step
#endif
#ifndef TASK_END
#define TASK_END good_end
#endif
#ifndef TASK_GRADE
#define TASK_GRADE good_grade
#endif
#ifndef TASK_CLOSE
#define TASK_CLOSE good_close
#endif
#ifndef TASK_EXTENSION
#define TASK_EXTENSION NULL
#endif
#ifndef TASK_SIZE
#define TASK_SIZE sizeof(grasp_task)
#endif
#ifndef TASK_CONST
#define TASK_CONST const
#endif

static TASK_CONST grasp_task task = {
    TASK_SIZE, 0,          "adding",     "adds two numbers", NULL,
    TASK_OPEN, TASK_INFO,  TASK_SAMPLES, TASK_BEGIN,         TASK_STEP,
    TASK_END,  TASK_GRADE, TASK_CLOSE,   TASK_EXTENSION};
#ifndef TASK_NO_ENTRY
GRASP_PLUGIN_TASK("adding", "1.0", "MIT", &task)
#endif
