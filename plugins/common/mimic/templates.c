/* SPDX-License-Identifier: MIT */
#include "ask.h"

#define OF_PATIENT "subject_id = {patient_id}"
#define LAB_ITEM "itemid IN (SELECT itemid FROM d_labitems WHERE label = '{lab_name}')"
#define ITEM(slot) "itemid IN (SELECT itemid FROM d_items WHERE label = '{" slot "}')"
#define FULL_DAYS "Count full days of 24 hours."

const struct mimic_template mimic_templates[MIMIC_TEMPLATES] = {
    {
        .name = "sex",
        .question = "What is the sex of patient {patient_id}?",
        .sql = "SELECT gender FROM patients WHERE " OF_PATIENT,
        .assumption = "The answer is 'M' or 'F'.",
        .ask = mimic_ask_sex,
        .types = {"Patient"},
    },
    {
        .name = "icu_count",
        .question = "How many ICU stays has patient {patient_id} had?",
        .sql = "SELECT COUNT(DISTINCT stay_id) FROM icustays WHERE " OF_PATIENT,
        .ask = mimic_ask_icu_count,
        .types = {"Encounter"},
    },
    {
        .name = "admissions_since",
        .question =
            "How many hospital admissions of patient {patient_id} began in {year} or later?",
        .sql = "SELECT COUNT(DISTINCT hadm_id) FROM admissions WHERE " OF_PATIENT
               " AND strftime('%Y', admittime) >= '{year}'",
        .assumption = "Visits to the emergency department and ICU stays are no admissions.",
        .ask = mimic_ask_admissions_since,
        .types = {"Encounter"},
    },
    {
        .name = "icu_hours",
        .question = "How many full hours did the first ICU stay of patient {patient_id} last?",
        .sql = "SELECT (strftime('%s', outtime) - strftime('%s', intime)) / 3600 FROM icustays "
               "WHERE " OF_PATIENT " ORDER BY intime LIMIT 1",
        .ask = mimic_ask_icu_hours,
        .types = {"Encounter"},
    },
    {
        .name = "unit_last",
        .question =
            "In which care unit was patient {patient_id} last during the most recent hospital "
            "admission?",
        .sql = "SELECT careunit FROM transfers WHERE " OF_PATIENT
               " AND hadm_id IN (SELECT hadm_id FROM "
               "admissions WHERE " OF_PATIENT " ORDER BY admittime DESC LIMIT 1) AND eventtype != "
               "'discharge' ORDER BY intime DESC LIMIT 1",
        .ask = mimic_ask_unit_last,
        .types = {"Encounter", "Location"},
    },
    {
        .name = "diagnosis_ever",
        .question = "Was patient {patient_id} ever diagnosed with {diagnosis_name} in a hospital "
                    "admission?",
        .sql = "SELECT COUNT(*) > 0 FROM diagnoses_icd WHERE " OF_PATIENT
               " AND icd_code IN (SELECT icd_code FROM d_icd_diagnoses WHERE long_title = "
               "'{diagnosis_name}')",
        .names = true,
        .assumption = "Diagnoses of the emergency department do not count.",
        .ask = mimic_ask_diagnosis_ever,
        .types = {"Condition", "Encounter"},
    },
    {
        .name = "diagnosis_list",
        .question = "Which diagnoses were recorded in the last hospital admission of patient "
                    "{patient_id}?",
        .sql = "SELECT DISTINCT long_title FROM d_icd_diagnoses WHERE icd_code IN (SELECT icd_code "
               "FROM "
               "diagnoses_icd WHERE hadm_id = (SELECT hadm_id FROM admissions WHERE " OF_PATIENT
               " ORDER BY admittime DESC LIMIT 1)) ORDER BY long_title",
        .assumption = "Give the full names of the diagnoses, each once.",
        .ask = mimic_ask_diagnosis_list,
        .types = {"Encounter", "Condition"},
    },
    {
        .name = "procedure_last",
        .question = "When was the last {procedure_name} of patient {patient_id}?",
        .sql =
            "SELECT charttime FROM procedures_icd WHERE " OF_PATIENT
            " AND icd_code IN (SELECT icd_code "
            "FROM d_icd_procedures WHERE long_title = '{procedure_name}') ORDER BY charttime DESC "
            "LIMIT 1",
        .names = true,
        .ask = mimic_ask_procedure_last,
        .types = {"Procedure"},
    },
    {
        .name = "lab_last",
        .question = "What was the last {lab_name} value measured for patient {patient_id}?",
        .sql = "SELECT valuenum FROM labevents WHERE " OF_PATIENT " AND " LAB_ITEM
               " ORDER BY charttime DESC LIMIT 1",
        .names = true,
        .ask = mimic_ask_lab_last,
        .types = {"Observation"},
    },
    {
        .name = "lab_first_of_stay",
        .question =
            "What was the first {lab_name} value of patient {patient_id} in the most recent "
            "hospital admission?",
        .sql = "SELECT valuenum FROM labevents WHERE hadm_id = (SELECT hadm_id FROM admissions "
               "WHERE " OF_PATIENT " ORDER BY admittime DESC LIMIT 1) AND " LAB_ITEM
               " ORDER BY charttime LIMIT 1",
        .names = true,
        .ask = mimic_ask_lab_first_of_stay,
        .types = {"Encounter", "Observation"},
    },
    {
        .name = "lab_change",
        .question =
            "By how much did the {lab_name} of patient {patient_id} change from the first to the "
            "last measurement?",
        .sql =
            "SELECT (SELECT valuenum FROM labevents WHERE " OF_PATIENT " AND " LAB_ITEM
            " ORDER BY charttime DESC LIMIT 1) - (SELECT valuenum FROM labevents WHERE " OF_PATIENT
            " AND " LAB_ITEM " ORDER BY charttime LIMIT 1)",
        .names = true,
        .assumption = "A decrease is a negative number.",
        .ask = mimic_ask_lab_change,
        .types = {"Observation"},
    },
    {
        .name = "lab_peak",
        .question = "What was the highest {lab_name} value of patient {patient_id} in {year}?",
        .sql = "SELECT MAX(valuenum) FROM labevents WHERE " OF_PATIENT " AND " LAB_ITEM
               " AND strftime('%Y', charttime) = '{year}'",
        .names = true,
        .ask = mimic_ask_lab_peak,
        .types = {"Observation"},
    },
    {
        .name = "lab_count",
        .question = "How often was {lab_name} measured for patient {patient_id} in {year}?",
        .sql = "SELECT COUNT(*) FROM labevents WHERE " OF_PATIENT " AND " LAB_ITEM
               " AND strftime('%Y', charttime) = '{year}'",
        .names = true,
        .ask = mimic_ask_lab_count,
        .types = {"Observation"},
    },
    {
        .name = "lab_days",
        .question = "How many days have passed since the last {lab_name} measurement of patient "
                    "{patient_id}?",
        .sql =
            "SELECT CAST(julianday('{now_year}-12-31 23:59:00') - julianday(charttime) AS INTEGER) "
            "FROM labevents WHERE " OF_PATIENT " AND " LAB_ITEM " ORDER BY charttime DESC LIMIT 1",
        .now = true,
        .names = true,
        .assumption = FULL_DAYS,
        .ask = mimic_ask_lab_days,
        .types = {"Observation"},
    },
    {
        .name = "vital_last",
        .question = "What was the last {vital_name} of patient {patient_id} in the first ICU stay?",
        .sql = "SELECT valuenum FROM chartevents WHERE stay_id = (SELECT stay_id FROM icustays "
               "WHERE " OF_PATIENT " ORDER BY intime LIMIT 1) AND " ITEM(
                   "vital_name") " ORDER BY charttime DESC LIMIT 1",
        .names = true,
        .ask = mimic_ask_vital_last,
        .types = {"Encounter", "Observation"},
    },
    {
        .name = "vital_above",
        .question =
            "How many times was the {vital_name} of patient {patient_id} above {threshold} in the "
            "last ICU stay?",
        .sql = "SELECT COUNT(*) FROM chartevents WHERE stay_id = (SELECT stay_id FROM icustays "
               "WHERE " OF_PATIENT " ORDER BY intime DESC LIMIT 1) AND " ITEM(
                   "vital_name") " AND valuenum > {threshold}",
        .names = true,
        .ask = mimic_ask_vital_above,
        .types = {"Encounter", "Observation"},
    },
    {
        .name = "output_total",
        .question = "What was the total {output_name} output of patient {patient_id} on {date}?",
        .sql = "SELECT SUM(value) FROM outputevents WHERE " OF_PATIENT
               " AND " ITEM("output_name") " AND date(charttime) = '{date}'",
        .names = true,
        .ask = mimic_ask_output_total,
        .types = {"Observation"},
    },
    {
        .name = "input_first",
        .question = "When was {input_name} first given to patient {patient_id} in the ICU?",
        .sql = "SELECT starttime FROM inputevents WHERE " OF_PATIENT
               " AND " ITEM("input_name") " ORDER BY starttime LIMIT 1",
        .names = true,
        .ask = mimic_ask_input_first,
        .types = {"Encounter", "MedicationAdministration"},
    },
    {
        .name = "drug_ever",
        .question = "Was {drug_name} prescribed to patient {patient_id} in {year}?",
        .sql = "SELECT COUNT(*) > 0 FROM prescriptions WHERE " OF_PATIENT
               " AND drug = '{drug_name}' AND strftime('%Y', starttime) = '{year}'",
        .names = true,
        .assumption =
            "The ingredients of a mixture count as prescribed. A prescription is of the time "
            "at which it was written.",
        .ask = mimic_ask_drug_ever,
        .types = {"MedicationRequest", "Medication"},
    },
    {
        .name = "drug_by_route",
        .question = "Which drug was most recently prescribed to patient {patient_id} by the route "
                    "{drug_route}?",
        .sql = "SELECT drug FROM prescriptions WHERE " OF_PATIENT
               " AND route = '{drug_route}' ORDER BY starttime DESC LIMIT 1",
        .names = true,
        .ask = mimic_ask_drug_by_route,
        .types = {"MedicationRequest"},
        .by_id = "Medication",
    },
    {
        .name = "drug_dose",
        .question = "What dose of {drug_name} was prescribed to patient {patient_id} first?",
        .sql = "SELECT dose_val_rx FROM prescriptions WHERE " OF_PATIENT
               " AND drug = '{drug_name}' ORDER BY starttime LIMIT 1",
        .names = true,
        .assumption = "The dose is dose_val_rx: the number without its unit, as text.",
        .ask = mimic_ask_drug_dose,
        .types = {"MedicationRequest", "Medication"},
    },
    {
        .name = "organism_last",
        .question =
            "Which organisms grew in the last {spec_name} specimen of patient {patient_id}?",
        .sql = "SELECT DISTINCT org_name FROM microbiologyevents WHERE " OF_PATIENT
               " AND org_name IS NOT NULL AND charttime = (SELECT MAX(charttime) FROM "
               "microbiologyevents WHERE " OF_PATIENT " AND spec_type_desc = '{spec_name}') AND "
               "spec_type_desc = '{spec_name}' ORDER BY org_name",
        .names = true,
        .ask = mimic_ask_organism_last,
        .types = {"Specimen", "Observation"},
    },
    {
        .name = "susceptibility",
        .question =
            "How was the {organism_name} of patient {patient_id} interpreted when it was first "
            "tested against {antibiotic_name}?",
        .sql = "SELECT interpretation FROM microbiologyevents WHERE " OF_PATIENT
               " AND org_name = '{organism_name}' AND ab_name = '{antibiotic_name}' ORDER BY "
               "charttime "
               "LIMIT 1",
        .names = true,
        .assumption = "The answer is 'S', 'I' or 'R'.",
        .ask = mimic_ask_susceptibility,
        .types = {"Observation"},
    },
    {
        .name = "specimen_last",
        .question =
            "From which kind of specimen was the last microbiology test of patient {patient_id} "
            "made?",
        .sql = "SELECT spec_type_desc FROM microbiologyevents WHERE " OF_PATIENT
               " ORDER BY charttime DESC LIMIT 1",
        .ask = mimic_ask_specimen_last,
        .types = {"Observation"},
        .by_id = "Specimen",
    },
};
