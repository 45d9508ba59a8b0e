"""Given names in a form in which two can be compared: is it clearly another name, or may it be the same person's?

What says nothing here is a family name (people marry), an initial, accents, capitals, the order of several names.
"""

from __future__ import annotations

import unicodedata
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.identity.placeholders import is_no_name

_TITLES = (
    "dr",
    "prof",
    "herr",
    "frau",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mme",
    "monsieur",
    "madame",
    "sr",
    "sra",
    "dipl",
    "ing",
    "med",
)
_JOINING = (
    "und",
    "and",
    "et",
    "von",
    "van",
    "de",
    "der",
    "den",
    "di",
    "da",
    "del",
    "la",
    "le",
    "family",
    "familie",
    "jun",
    "sen",
)
_NO_NAMES = (
    *("unbekannt", "unknown", "na", "none", "null", "test", "gast", "guest", "kunde", "customer", "anonym", "anonymous", "firma"),
    *("company", "vorname", "firstname", "keine", "nan", "gmbh", "team", "shop", "office", "info"),
)
_SHORT = """
    abby abigail; andy andreas; andy andrew; asia joanna; basia barbara; ben benjamin; beppe giuseppe; bert albert;
    bert hubert; beth elizabeth; betty elisabeth; betty elizabeth; bill william; billy william; bob robert; bobby robert;
    chris christine; chuck charles; conny cornelia; dick richard; dora theodora; ed edmund; ed edward; eddie edward;
    eli elisabeth; evi eva; fritz friedrich; gabi gabriela; gabi gabriele; gigi luigi; gitta brigitte; gosia malgorzata;
    greta margarete; gus august; hannes johannes; hans johann; hans johannes; hansi johann; harry harald; harry harold;
    harry henry; heidi adelheid; heiner heinrich; heinz heinrich; jack john; jake jacob; jakob jacob; jim james;
    jimmy james; jo josef; jochen joachim; joe joseph; jorg georg; jupp josef; kalle karl; kasia katarzyna; kate catherine;
    kate katherine; kate kathryn; kathi katharina; katja katharina; katy katherine; klaus nikolaus; kuba jakub; lena helena;
    lena magdalena; lenni leonard; lilo liselotte; lisa elisabeth; lisa elizabeth; liz elizabeth; lotte charlotte;
    maciek maciej; maggie margaret; manni manfred; manu manuela; matze matthias; mia maria; micha michael; michi michael;
    mick michael; mike michael; mitzi maria; molly mary; moni monika; ned edward; nele cornelia; nick nicholas;
    nico nicolas; niko nikolaus; ola aleksandra; olli oliver; paco francisco; pancho francisco; pauli paul; peggy margaret;
    pepe jose; poldi leopold; polly mary; resi therese; resi theresia; rick richard; ricky richard; rob robert;
    rosi rosemarie; rosi roswitha; rudi rudolf; sabi sabine; sally sarah; sandra alexandra; sandro alessandro;
    sandy alexandra; sascha alexander; sasha alexander; sepp josef; steffi stefanie; steffi stephanie; sue susan;
    suse susanne; susi susanne; ted edward; ted theodore; tina bettina; tina christina; tina martina; tom thomas;
    tomek tomasz; tommy thomas; toni anton; toni antonia; tony anthony; uli ulrich; uli ulrike; ulla ursula; uschi ursula;
    willi wilhelm; willy william; wojtek wojciech; wolf wolfgang; xandi alexander
"""
"""A short form and the name it is short for, where it is neither its beginning nor its end."""


def given_names(people: ir.Table) -> ir.Table:
    """customer_id and ``name``: each part of the given names of ``people`` (customer_id, first_name) that is one.

    Small letters without accents, in one of the usual spellings of a name (Stephan is Stefan, Jürgen is Juergen).
    Who has no name that can be read has no row.
    """
    known = people.filter(people.first_name.notnull() & ~is_no_name(cast(ir.StringValue, people.first_name)))
    split = known.select("customer_id", name=_split(known.first_name).unnest())
    read = split.select("customer_id", name=_spelled(split.name))
    return read.filter((read.name != "") & ~read.name.isin([*_TITLES, *_JOINING, *_NO_NAMES])).distinct()


def may_be_one(one: ir.StringValue, other: ir.StringValue) -> ir.BooleanValue:
    """Whether two parts of ``given_names`` may name one person; the same whichever comes first.

    They may when they are equal; when one is the other's beginning (an initial, ``Alex`` and ``Alexander``), unless what
    follows makes it the name of the other sex (``Martin`` and ``Martina``); when one is known to be short for the
    other (``Bob`` and ``Robert``) or is its end (``Bella`` and ``Isabella``); and when they are of different scripts,
    which says nothing.
    """
    shorter, longer = _by_length(one, other)
    is_latin, other_is = one.re_search("[a-z]"), other.re_search("[a-z]")
    scripts = (is_latin & ~other_is) | (~is_latin & other_is)
    begins = longer.startswith(shorter) & ~_is_other_sex(shorter, longer)
    ends = (shorter.length() >= _LEAST_OF_END) & longer.endswith(shorter)
    pair = ibis.least(one, other) + " " + ibis.greatest(one, other)
    return (one == other) | scripts | begins | ends | pair.isin(_known_pairs())


_LEAST_OF_END = 4
"""Shorter ends are shared by names of different people: ``Ann`` and ``Johann``."""


def _by_length(one: ir.StringValue, other: ir.StringValue) -> tuple[ir.StringValue, ir.StringValue]:
    is_shorter = one.length() <= other.length()
    return cast(ir.StringValue, is_shorter.ifelse(one, other)), cast(ir.StringValue, is_shorter.ifelse(other, one))


def _is_other_sex(shorter: ir.StringValue, longer: ir.StringValue) -> ir.BooleanValue:
    """``Jan`` and ``Jana``, ``Andrea`` and ``Andreas``, ``Julia`` and ``Julian``."""
    rest = cast(ir.StringValue, longer.substr(shorter.length()))
    after_consonant = shorter.re_search("[bcdfghjklmnpqrstvwxz]$") & rest.re_search("^(a|e|ia|ie|ina|ine|in|etta|ette)$")
    after_vowel = shorter.re_search("[aeiou]$") & rest.isin(["s", "n", "nus"])
    return (shorter.length() >= _LEAST_OF_OTHER_SEX) & (after_consonant | after_vowel) & ~shorter.isin(["ann", "alex"])


_LEAST_OF_OTHER_SEX = 3


def _split(text: ir.StringValue) -> ir.ArrayValue:
    plain = cast(ir.StringValue, text.lower().re_replace("[\u0300-\u036f]", "").translate(*_ACCENTS))
    for sign, letters in (("ß", "ss"), ("æ", "e"), ("œ", "e"), ("þ", "t")):
        plain = plain.replace(sign, letters)
    # Whatever is no letter of some script parts names: blanks, hyphens, full stops, ampersands.
    return plain.re_replace(r"[^\p{L}]+", " ").strip().split(" ")


def _spelled(name: ir.StringValue) -> ir.StringValue:
    """One spelling for those that are heard as one name."""
    spelled = cast(ir.StringValue, name)
    for written, heard in _SPELLINGS:
        spelled = cast(ir.StringValue, spelled.replace(written, heard))
    return spelled


_SPELLINGS = (
    *(("ph", "f"), ("th", "t"), ("ck", "k"), ("ch", "h"), ("c", "k"), ("y", "i"), ("ae", "a"), ("oe", "o"), ("ue", "u")),
    *((double * 2, double) for double in "bdfgklmnprstvz"),
)


def _accents() -> tuple[str, str]:
    signs, letters = ["ø", "ł", "đ", "ð", "\N{LATIN SMALL LETTER DOTLESS I}"], ["o", "l", "d", "d", "i"]
    for code in (*range(0xDF, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base != chr(code) and "a" <= base <= "z":
            signs.append(chr(code))
            letters.append(base)
    return "".join(signs), "".join(letters)


_ACCENTS = _accents()


def _spelled_word(word: str) -> str:
    for written, heard in _SPELLINGS:
        word = word.replace(written, heard)
    return word


def _known_pairs() -> list[str]:
    pairs = (pair.split() for pair in _SHORT.split(";"))
    return sorted({" ".join(sorted((_spelled_word(a), _spelled_word(b)))) for a, b in pairs})
