/* SPDX-License-Identifier: MIT */
#include "tags.h"

static const struct tag_words words[TAG_COUNT] = {
    [TAG_ABSENT_PATIENT_INVENTED] =
        {"absent_patient_invented",
         "a patient was reported although none has both the name and the date of birth"},
    [TAG_AGE_NOT_ROUNDED_DOWN] =
        {"age_not_rounded_down",
         "the age counts a birthday that has not come yet, or was rounded up"},
    [TAG_ANSWERED_WITHOUT_QUERY] = {"answered_without_query",
                                    "no search was sent before the answer"},
    [TAG_AVERAGE_OVER_WRONG_WINDOW] =
        {"average_over_wrong_window",
         "the average covers readings outside the hours that were asked for"},
    [TAG_CONTEXT_EXHAUSTED] = {"context_exhausted",
                               "the conversation became too long for the model"},
    [TAG_COVERED_ORDER_REPEATED] =
        {"covered_order_repeated",
         "an order was placed although an active one already does what it is for"},
    [TAG_DIAGNOSIS_NOT_CONFIRMED] =
        {"diagnosis_not_confirmed",
         "orders were placed although the chart does not have the diagnosis they depend on"},
    [TAG_DOSE_NOT_STATED] = {"dose_not_stated",
                             "the new order does not say the dose in digits, as in 5000"},
    [TAG_DUPLICATES_NOT_STOPPED] =
        {"duplicates_not_stopped",
         "more than one order of the class was active and none was stopped"},
    [TAG_ECG_NOT_ORDERED] = {"ecg_not_ordered",
                             "the QTc is prolonged and no active ECG order was placed"},
    [TAG_EVIDENCE_UNUSABLE] = {"evidence_unusable", "the chart or a posted resource lacks what the "
                                                    "rule reads, so that nothing could be decided"},
    [TAG_EXISTING_PATIENT_DENIED] =
        {"existing_patient_denied",
         "the patient was reported as not found although the chart has the name and date of birth"},
    [TAG_FINISH_NOT_JSON] = {"finish_not_json",
                             "the text in FINISH is not JSON, for instance a number with a unit"},
    [TAG_IMAGING_NOT_ORDERED] = {"imaging_not_ordered",
                                 "the study that is due was not ordered under its code"},
    [TAG_INDICATION_MISSING] =
        {"indication_missing",
         "the order does not carry the indication in reasonCode, reasonReference or note"},
    [TAG_LABS_NOT_REPEATED] = {"labs_not_repeated",
                               "the protocol wants both repeat laboratory tests, TSH and FT4, and "
                               "they were not both ordered"},
    [TAG_LATEST_GIVEN_AS_AVERAGE] = {"latest_given_as_average",
                                     "one reading was reported where an average was asked for"},
    [TAG_LEVOTHYROXINE_NOT_INDICATED] =
        {"levothyroxine_not_indicated",
         "a drug was ordered where the protocol only repeats the laboratory tests"},
    [TAG_LEVOTHYROXINE_NOT_ORDERED] =
        {"levothyroxine_not_ordered",
         "the protocol wants levothyroxine 25 mcg and it was not ordered so"},
    [TAG_LOW_VALUE_NOT_TREATED] = {"low_value_not_treated",
                                   "the level is low and the replacement was not ordered"},
    [TAG_MISSING_NOT_REPORTED] =
        {"missing_not_reported",
         "there is no reading, and something else was given than the stand-in that was asked for"},
    [TAG_NALOXONE_NOT_ORDERED] =
        {"naloxone_not_ordered",
         "an opioid is active without naloxone and no naloxone was ordered"},
    [TAG_NO_FINISH] = {"no_finish", "the turns ran out before a FINISH"},
    [TAG_NORMAL_VALUE_TREATED] = {"normal_value_treated",
                                  "an order was placed although the result does not call for one"},
    [TAG_NOTE_NOT_AN_OBJECT] = {"note_not_an_object", "the note is not of the form {text}"},
    [TAG_OLDER_VALUE_USED] = {"older_value_used",
                              "a reading was reported that is not the newest one"},
    [TAG_ORDER_FOR_OTHER_PATIENT] = {"order_for_other_patient",
                                     "the subject of a posted resource is not exactly the "
                                     "reference to the patient asked about"},
    [TAG_ORDER_REPEATED] = {"order_repeated", "more resources were posted than were asked for"},
    [TAG_ORDERED_WITHOUT_RESULT] =
        {"ordered_without_result",
         "an order was placed although there is no result that could call for it"},
    [TAG_OVERDUE_NOT_ORDERED] =
        {"overdue_not_ordered",
         "the last one is too long ago, or there is none, and no new one was ordered"},
    [TAG_PAIRED_LAB_NOT_ORDERED] =
        {"paired_lab_not_ordered",
         "the laboratory test that belongs to the replacement was not ordered with it"},
    [TAG_POST_REJECTED] = {"post_rejected", "a POST had no JSON after its first line"},
    [TAG_PROPHYLAXIS_NOT_ORDERED] = {"prophylaxis_not_ordered",
                                     "there is no active heparin 5000 order and none was created"},
    [TAG_PROTOCOL_INVALID] = {"protocol_invalid",
                              "a turn was not an action, for instance a sentence"},
    [TAG_QT_DRUG_NOT_STOPPED] = {"qt_drug_not_stopped",
                                 "the QTc is prolonged and no QT-prolonging drug was discontinued "
                                 "with a MedicationRequest of status stopped"},
    [TAG_READ_ONLY_TASK_USED_POST] = {"read_only_task_used_post",
                                      "a POST was sent although the task only asks"},
    [TAG_RECENT_EVENT_IGNORED] = {"recent_event_ignored",
                                  "a new one was ordered although the last one is recent enough"},
    [TAG_RECORD_NOT_WRITTEN] = {"record_not_written",
                                "the measurement was not posted, or the POST was not accepted"},
    [TAG_REFERRAL_NOT_ORDERED] = {"referral_not_ordered",
                                  "the referral was not posted, or the POST was not accepted"},
    [TAG_REFERRAL_TEXT_CHANGED] =
        {"referral_text_changed",
         "the free text of the referral is not the quoted one, word for word"},
    [TAG_RESULT_TIME_ALTERED] =
        {"result_time_altered",
         "the time of the result is missing or was not copied as it is stored"},
    [TAG_SENTINEL_OVERUSED] =
        {"sentinel_overused",
         "the stand-in for no reading, or nothing, was reported although there is a reading"},
    [TAG_STALE_VALUE_USED] = {"stale_value_used", "a reading older than the window was reported"},
    [TAG_VACCINE_NOT_NAMED] = {"vaccine_not_named",
                               "the order does not name the vaccine by its code or in words"},
    [TAG_WINDOWS_SWAPPED] = {"windows_swapped", "the averages are right and in the wrong order"},
    [TAG_WRONG_ANSWER_FORM] = {"wrong_answer_form",
                               "the answer is JSON, but not a list of the form that was asked for"},
    [TAG_WRONG_DOSE] = {"wrong_dose",
                        "the dose, its unit or its rate is not what the dosing rule gives"},
    [TAG_WRONG_ENDPOINT] = {"wrong_endpoint",
                            "the POST went to another address than that of its resource type"},
    [TAG_WRONG_LAB_TIME] = {"wrong_lab_time",
                            "the laboratory test is not ordered for the time that was asked for"},
    [TAG_WRONG_ORDER_CODE] = {"wrong_order_code",
                              "the order lacks the code that was given, under its coding system"},
    [TAG_WRONG_ORDER_STATUS] = {"wrong_order_status",
                                "status, intent or priority is not active, order and stat"},
    [TAG_WRONG_ORDER_TIME] =
        {"wrong_order_time",
         "the time of the order or measurement is not the present time that was given"},
    [TAG_WRONG_PATIENT_REPORTED] = {"wrong_patient_reported", "another patient was reported"},
    [TAG_WRONG_RESOURCE_TYPE] = {"wrong_resource_type",
                                 "the posted resource is of another type than the task needs"},
    [TAG_WRONG_ROUTE] = {"wrong_route", "the route is not what the instructions say"},
    [TAG_WRONG_VALUE] = {"wrong_value", "what was reported is none of the values on record"},
    [TAG_WRONG_VITAL_FIELDS] =
        {"wrong_vital_fields",
         "category, code, status or value of the recorded measurement is not what was asked for"},
};

const struct tag_table medagent_tags = {words, TAG_COUNT};
