/* SPDX-License-Identifier: MIT */
/* Everything a plugin needs. */
#ifndef GRASP_H
#define GRASP_H

#include <grasp/ext/exec.h>
#include <grasp/ext/http.h>
#include <grasp/ext/json.h>
#include <grasp/ext/machine.h>
#include <grasp/ext/python.h>
#include <grasp/ext/rehearsal.h>
#include <grasp/ext/scratch.h>
#include <grasp/helpers.h>
#include <grasp/plugin.h>
#include <grasp/rng.h>

#endif
