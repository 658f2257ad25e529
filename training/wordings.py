"""How people ask: wordings of ours for each kind of question that MedQuAD asks in one fixed form, and slips.

Only forms are written here, never a disease or a fact; ``{}`` is what the article is about.
"""

from __future__ import annotations

import random

HEADINGS = {
    "information": ("", "Overview", "About this condition", "What it is"),
    "symptoms": ("Symptoms", "Signs and symptoms", "What you may notice"),
    "treatment": ("Treatment", "How it is treated", "What can be done"),
    "inheritance": ("Inheritance", "Does it run in families?", "Genetics"),
    "frequency": ("How common it is", "Frequency"),
    "genetic changes": ("Genetics", "Genes involved", "Causes"),
    "causes": ("Causes", "Why it happens"),
    "exams and tests": ("Diagnosis", "Tests", "How it is found"),
    "research": ("Research", "Studies under way"),
    "outlook": ("Outlook", "What to expect"),
    "susceptibility": ("Who is at risk", "Risk factors"),
    "considerations": ("What to do", "Living with it"),
    "prevention": ("Prevention", "How to lower your risk"),
    "stages": ("Stages",),
    "complications": ("Complications", "What can go wrong"),
}

QUESTIONS = {
    "information": (
        "what exactly is {}",
        "can you explain {} in plain words",
        "my doctor mentioned {} and I have no idea what that means",
        "{} explained",
        "just been told I have {}, what is it?",
        "tell me about {}",
    ),
    "symptoms": (
        "how do I know if I have {}",
        "signs of {}",
        "what does {} feel like",
        "could this be {}? what should I look out for",
        "{} symptoms",
        "how would I notice {}",
        "what happens to your body when you get {}",
    ),
    "treatment": (
        "how do you get rid of {}",
        "what helps with {}",
        "is there a cure for {}",
        "{} treatment options",
        "what can doctors do about {}",
        "my son has {}, what can be done for him?",
        "do I need medicine or an operation for {}",
        "what should I take for {}",
    ),
    "inheritance": (
        "does {} run in the family",
        "will my children get {} from me",
        "{} hereditary?",
        "my mother had {}, can I get it too",
        "can {} be passed on to a baby",
    ),
    "frequency": ("how common is {}", "how rare is {}", "how many people have {}", "{} how often does it happen"),
    "genetic changes": (
        "which gene causes {}",
        "{} gene",
        "what goes wrong in the genes in {}",
        "what mutation is behind {}",
    ),
    "causes": (
        "why do people get {}",
        "what brings on {}",
        "where does {} come from",
        "how did I get {}",
        "{} cause",
        "is it my own fault that I have {}",
    ),
    "exams and tests": (
        "how do they test for {}",
        "how can a doctor tell it is {}",
        "which scan or blood test shows {}",
        "{} diagnosis",
        "how do I find out for sure whether it is {}",
    ),
    "research": ("any new research on {}", "are there trials for {} I can join", "new treatments being studied for {}"),
    "outlook": (
        "how long can you live with {}",
        "will I get better from {}",
        "what happens in the long run with {}",
        "is {} deadly",
        "{} prognosis",
    ),
    "susceptibility": (
        "who gets {}",
        "am I more likely to get {}",
        "risk factors {}",
        "what makes {} more likely",
    ),
    "considerations": (
        "what should I do about {}",
        "living with {}, any advice",
        "what do I need to keep in mind with {}",
        "my wife has {} and I want to help, what should we do",
    ),
    "prevention": (
        "how do I avoid {}",
        "how can I stop {} from happening",
        "what lowers the risk of {}",
        "{} prevention",
    ),
    "stages": ("how far along can {} be", "{} stages", "what do the stages of {} mean"),
    "complications": ("what can go wrong with {}", "what does {} lead to if you leave it", "{} complications"),
}

_KEYS = "abcdefghijklmnopqrstuvwxyz"


def asked(kind: str, title: str, rng: random.Random) -> str:
    """One of our wordings of a question of this kind about ``title``."""
    name = title if rng.random() < 0.5 else title.lower()
    return rng.choice(QUESTIONS[kind]).format(name)


def slipped(text: str, rng: random.Random) -> str:
    """The text with one or two slips of the finger: a letter left out, doubled, swapped or replaced."""
    letters = list(text)
    places = [at for at in range(1, len(letters) - 1) if letters[at].isalpha() and letters[at + 1].isalpha()]
    for at in sorted(rng.sample(places, min(len(places), rng.choice((1, 1, 2)))), reverse=True):
        letters[at : at + 2] = rng.choice(
            (
                [letters[at + 1]],
                [letters[at], letters[at], letters[at + 1]],
                [letters[at + 1], letters[at]],
                [rng.choice(_KEYS), letters[at + 1]],
            )
        )
    return "".join(letters)
