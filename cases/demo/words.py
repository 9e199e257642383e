"""What people write in the demo: notes as a ward's notes read, reasons, answers."""

NOTES = {
    "ward-care": [
        "Obs stable overnight. Mobilising to the bathroom with one. Not yet at baseline.",
        "Ward round: medically improving. IV antibiotics changed to oral. Aim for discharge planning this week.",
        "Physio seen: 10 metres with a frame and supervision. Stairs still to be assessed.",
        "Family asked about the plan. Explained that we look at needs at home once the chest is clear.",
        "OT: kitchen assessment done, safe with a hot drink. Needs a perching stool.",
        "Appetite poor, dietitian has been asked to see. Weight charted.",
        "Confused in the evenings, settled with the radio from home. Delirium screen sent.",
        "Catheter out this morning, passed urine by lunchtime.",
        "Bloods back, kidney function better than on admission.",
    ],
    "discharge-planning": [
        "Talked with the patient and a son. Wants to go home. Son can stay for the first two nights.",
        "Take-home medicines written up, waiting for pharmacy.",
        "Key safe number confirmed with the neighbour. Heating is on.",
        "Bed and commode ordered from the equipment store for tomorrow, morning slot.",
        "District nurses told about the dressing, twice a week.",
        "Capacity assessed for where to live: has capacity, wants to go home.",
    ],
    "ready": [
        "Transport asked for. Two-person crew because of the stairs.",
        "Medicines on the ward, discharge letter printed and sent to the GP.",
        "Daughter cannot collect before 4pm.",
        "Transport cancelled by the provider, booked again.",
        "Sitting in the discharge lounge since 10am.",
    ],
    "package-requested": [
        "Request received: two calls a day, mornings and evenings, one carer.",
        "Rang three providers. One can start on Thursday, no double-handed calls.",
        "Waiting for the provider's answer about the evening call.",
        "Family would accept a different time for the morning call. Providers asked again.",
        "No capacity in this postcode this week. Asked the reablement team.",
    ],
    "accepted": [
        "Provider confirmed. First call tomorrow at 6pm.",
        "Access to the flat agreed with the housing officer.",
        "Care plan sent to the provider, ward told.",
    ],
    "discharged": [
        "Rang, no answer. Will try again this afternoon.",
        "Rang: got home well, carer came as agreed.",
        "Neighbour has seen the patient up and about.",
    ],
    "follow-up": [
        "Visited at home. Managing the stairs once a day, rail holds well.",
        "Carer reports that evening calls are hardly needed any more.",
        "Medicines in the blister pack all taken.",
        "Asks for a review of the bed: too high.",
        "Walking to the corner shop again with the frame.",
    ],
    "referral-received": [
        "ECG from the GP attached. Bloods asked for.",
        "Referral without a current medicines list, GP surgery rung.",
    ],
    "triage": [
        "Palpitations for 6 months, no loss of consciousness. Routine.",
        "Asked for the echo report of last year from the neighbouring trust.",
    ],
    "awaiting-specialist-review": [
        "Offered the 14th, on holiday then. Next slot offered by letter.",
        "Clinic cancelled, consultant on leave. Moved to the next list.",
        "Patient rang: breathless on the second flight of stairs, no worse than before. Told when to ring 999.",
        "Interpreter booked for the appointment.",
        "Appointment confirmed by phone.",
    ],
    "diagnostics": [
        "Echo booked. 24-hour tape to follow.",
        "Did not get the appointment letter. Address checked, new one sent.",
        "CT slot offered on a Saturday, accepted.",
        "Kidney function needed before contrast, blood form sent.",
        "Scanner down for two days, lists moved.",
    ],
    "awaiting-diagnostic-report": [
        "Images are there, report not yet. Radiology rung.",
        "Report typed, waiting to be signed off.",
        "Sent for a second read.",
    ],
    "decision": [
        "On the list for Thursday's meeting.",
        "Letter to the patient drafted, consultant to check.",
        "Asked for the anaesthetist's view.",
    ],
    "awaiting-treatment": [
        "Pre-assessment done, fit for day case.",
        "Offered a date in two weeks, accepted.",
        "Date moved because of theatre staffing. Patient told by phone, upset but understands.",
        "Anticoagulation plan sent to the GP.",
        "Asked to go on the short-notice list.",
    ],
}

# What is written where a move requires a note: from one stage to another.
OUTCOMES = {
    ("discharge-planning", "ward-care"): ["Temperature 38.4 since the morning. Not well enough, back to Ward Care."],
    ("ready", "ward-care"): ["Fell in the bathroom this morning, X-ray asked for. Stays on the ward."],
    ("package-requested", "discharge-planning"): [
        "Cannot be met as asked: no provider for four double-handed calls. Please plan again with the family.",
        "Declined: needs are above what a package at home can carry. Consider a bed in the community.",
    ],
    ("accepted", "package-requested"): ["Provider handed the package back, two carers off sick. Looking for another."],
    ("accepted", "ward-care"): ["New chest infection. Provider told, package kept for 48 hours."],
    ("discharged", "ward-care"): ["Came back by ambulance after a fall at home."],
    ("follow-up", "completed"): [
        "Managing alone. Support ends on Friday by agreement. GP and family told.",
        "Long-term package of one call a day agreed, handed over to the locality team.",
        "Visited: safe, eating well, knows whom to ring. Nothing more from us.",
        "Settled in the care home. Review there in six weeks by the home's own team.",
    ],
    ("follow-up", "ward-care"): ["Admitted again with breathlessness."],
    ("referral-received", "discharged-to-gp"): ["Not a heart problem on the ECG or in the history. Advice to the GP."],
    ("triage", "discharged-to-gp"): ["Advice and guidance written: change the dose, refer again if no better."],
    ("awaiting-specialist-review", "diagnostics"): [
        "Seen. Murmur heard, echo and 24-hour tape before we decide.",
        "Seen. Chest pain on effort, CT coronary angiogram.",
        "Notes reviewed without the patient: echo first, then clinic.",
    ],
    ("awaiting-specialist-review", "decision"): [
        "Seen. Clear history, no further tests. To the meeting.",
        "Seen. Has all tests from the other trust.",
    ],
    ("awaiting-specialist-review", "discharged-to-gp"): ["Seen. Reassured, no treatment needed. Letter to the GP."],
    ("diagnostics", "awaiting-specialist-review"): ["Declined the scan. Back to clinic to talk it through."],
    ("awaiting-diagnostic-report", "diagnostics"): ["Too much movement on the images. Needs to be done again."],
    ("decision", "awaiting-treatment"): [
        "Decided with the patient: ablation. Consent form given to read at home.",
        "Pacemaker agreed. Patient wants it before the winter.",
        "Decided: angioplasty as a day case.",
    ],
    ("decision", "diagnostics"): ["Meeting wants a cardiac MRI before it decides."],
    ("decision", "awaiting-specialist-review"): ["Second opinion asked for by the patient."],
    ("decision", "discharged-to-gp"): ["Decided together: no procedure, tablets only. GP takes over."],
    ("awaiting-treatment", "decision"): ["New kidney results. To be decided again."],
    ("awaiting-treatment", "discharged-to-gp"): [
        "Does not want the procedure any more. Talked through, letter to the GP."
    ],
}
OUTCOME = ["Talked through with the patient and the team."]  # where a pathway was changed to require more

HOLDS = {
    "discharge-to-assess": [
        "Family abroad until next week, wants to be there for the decision",
        "Ward closed to transfers because of norovirus",
        "Best interests meeting arranged, nothing can be decided before",
    ],
    "elective-18-weeks": [
        "Patient is away and asked for a date after the holiday",
        "Unwell with a chest infection, GP will tell us when fit",
        "Wants time to think before the test",
    ],
}
RESUMED = ["Back and ready to go on.", "Fit again, says the GP.", "The reason is over."]

ANSWERS_SOON = [
    "Seen. On my list for today.",
    "I will ring before noon and write down what they say.",
    "Booked for tomorrow morning, that is within the limit.",
    "Waiting for one phone call. If it does not come by 3pm I take it to the huddle.",
]
ANSWERS_LATE = [
    "Talked to the team at the 9am huddle. Plan by the end of today.",
    "Extra slot on Friday, patient told.",
    "Rung the other side, answer promised by 3pm tomorrow.",
    "Two of us off sick. I take this one over myself, done by Wednesday.",
    "Escalated to the site manager at the noon meeting.",
    "Known. It cannot go faster than the provider. I ask again every morning.",
    "Found the form in the wrong tray. Done today.",
    "Family meeting is on Tuesday at 2pm, decision then.",
    "Bank shift from Monday, this one goes first.",
    "Rang the patient, apologised, new date agreed for next week.",
]

# What is answered where a form asks for more than a date or a choice; a pool is drawn from.
# What is known of a case on its way into a stage.
LABS = ["This hospital"] * 5 + ["A reporting company"] * 3 + ["Another NHS hospital"] * 2
ANSWERS = {
    "referral": {
        "referrer": ["A GP"] * 8 + ["A consultant", "Another service"],
        "priority": ["Routine", "Routine", "Routine", "Urgent"],
    },
    "outcome-of-contact": {
        "told": ["yes", "yes", "yes", "no"],
        "told-when": ["By letter this week", "The clinic rings tomorrow"],
        "late": ["no", "no", "yes"],
        "delay-reason": ["Clinic cancelled", "Not enough capacity", "Patient unavailable"],
    },
    "test-done": {
        "test": ["Echocardiogram", "Echocardiogram", "Heart rhythm recording", "CT", "MRI"],
        "late": ["no", "no", "yes"],
        "delay-reason": ["Not enough capacity", "Not enough capacity", "Patient cancelled"],
    },
    "report": {
        "lab": LABS,
        "read-by": ["Dr Levy, consultant", "Dr Tan, registrar"],
        "finding": [
            "Mild narrowing of one valve, function good.",
            "No blockage seen.",
            "Short runs of fast beats at night.",
            "Two vessels narrowed, one of them tightly.",
        ],
    },
    "decision": {
        "treatment": ["Ablation", "Pacemaker", "Angioplasty as a day case"],
        "why": ["Wants to get back to the allotment.", "Afraid of the anaesthetic, talked through.", ""],
    },
    "score": {
        "band": ["5 or 6"],
        "total": ["5", "6"],
        "measured-at": ["2:10pm", "9:40am"],
        "told": ["The nurse in charge, in person"],
        "worry": ["More breathless than an hour ago."],
    },
    "concern": {
        "whom": ["An adult who needs care and support"],
        "what": ["Bruises on both arms. “He gets angry when I am slow.”"],
        "danger": ["no"],
        "knows": ["yes"],
    },
    "call-at-home": {
        "how-are-they": ["As hoped"] * 6 + ["Needs less support", "Needs more support"],
        "medicines": ["yes", "yes", "yes", "no"],
    },
}
FACTS = {"lab": LABS, "test": ANSWERS["test-done"]["test"]}
IN_SHORT = ["Talked through with the patient and the team."]
OFFERS = [
    "Medically ready. Two calls a day, one carer, key safe fitted. Family is there at weekends.",
    "Needs four double-handed calls, hoist and bed are ordered for tomorrow.",
    "Bed in the community for assessment. Medicines and letter are ready.",
    "Home with reablement, once a day in the mornings. Speaks little English: daughter interprets.",
]
DONE = [
    "Done.",
    "Done, all clear.",
    "Rang twice, reached them the second time.",
    "They know, and are content with it.",
]

CALLS = [
    "Rang: knows what comes next, and whom to ask.",
    "Daughter rang to ask how long it takes. Explained, and gave our number.",
    "Rang to ask whether anything has changed. No better, no worse.",
    "Asked for letters in large print from now on. Done.",
]
WHERE = ["Clinic 4, level 2", "Main outpatients, desk B", "Imaging, ground floor", "Day unit"]
WHOM = ["Dr Levy", "Dr Tan's clinic", "Cardiac physiologist", "Specialist nurse"]
FINDINGS = [
    "Normal. Report in the record.",
    "Mild changes, nothing that is urgent. See the report.",
    "Needs to be looked at by the consultant: see the report.",
]
WENT_WRONG = {
    "urgent": ["More breathless than at the ward round. Oxygen started, nurse in charge told."],
    "safeguarding": ["Said to the night nurse that she is afraid to go home to her nephew. Bruises on both arms."],
}
OVER_AGAIN = ["Reviewed, better with fluids. Back to the plan.", "Looked into, nothing more to be done by us."]

# The answers of the risk assessment for three kinds of patients: low, medium and high risk.
RISK_ASSESSMENTS = [
    {
        "mobility": ["Alone, without help", "Alone, with a stick or frame"],
        "falls": ["0", "1"],
        "cognition": ["As well as ever"],
        "medicines": [[], ["Reminding"]],
        "home": [[], ["Stairs or steps without a rail"]],
        "carer": ["yes", "no"],
        "safeguarding": ["no"],
        "capacity": ["Yes"],
        "overall-risk": ["Low"],
        "plan": ["Take-home medicines explained. Daughter does the shopping for the first week."],
        "consulted": ["The patient and a daughter", "The patient", "The patient, with a neighbour"],
    },
    {
        "mobility": ["Alone, with a stick or frame", "With one other person"],
        "falls": ["1", "2", "3"],
        "cognition": ["As well as ever", "Needs reminding"],
        "medicines": [["Reminding"], ["Reminding", "Opening packs or bottles"]],
        "home": [["Stairs or steps without a rail"], ["Bathroom or toilet that is hard to use"]],
        "carer": ["yes", "no"],
        "safeguarding": ["no"],
        "capacity": ["Yes"],
        "overall-risk": ["Medium"],
        "plan": [
            "Rail on the stairs, perching stool, morning call for washing and dressing.",
            "Bed downstairs, commode, pendant alarm, blister pack from the pharmacy.",
        ],
        "consulted": ["The patient, a son, the occupational therapist", "The patient and the physiotherapist"],
    },
    {
        "mobility": ["With one other person", "With two other people or a hoist"],
        "falls": ["3", "5", "8"],
        "cognition": ["Needs reminding", "Often confused"],
        "medicines": [["Somebody else must give all medicines"], ["Injections"]],
        "home": [["Nobody can get in to help", "Clutter or trip hazards"], ["No heating or no hot water"]],
        "carer": ["no"],
        "safeguarding": ["no", "no", "no", "yes"],
        "capacity": ["Yes", "No, a best interests decision has been made"],
        "overall-risk": ["High"],
        "plan": [
            "Four double-handed calls a day, hoist and hospital bed before the day of discharge.",
            "Bed in the community for assessment. House to be cleared and heated before going home.",
        ],
        "consulted": ["The daughter, the ward team, the social worker", "The patient, the advocate, the ward sister"],
    },
]
