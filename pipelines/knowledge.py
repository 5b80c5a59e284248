"""What is true tonight: forms, rules and register, loaded once, as rows for staging, and named by their hashes.

Belongs here: turning what ``schemas`` knows into rows, and the hashes that ``meta.build`` records. Does not belong
here: anything about a submission.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.settings import PROJECT
from schemas.assessment import Scheme, load_scheme
from schemas.concept import concept_steps, concept_terms, rate_terms, shared_indicators, thresholds
from schemas.form import FORMS_FOLDER, Form, load_forms
from schemas.narrative import load_narrative_codes
from schemas.organ_event import successions
from schemas.register import REGISTER_FOLDER, Register, load_register, normalise_name
from schemas.rule import Rule, load_rules, rules_hash
from schemas.witness import load_witnesses


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Forms, rules and register of one night."""

    forms: Mapping[str, Form]
    rules: tuple[Rule, ...]
    register: Register
    hashes: Mapping[str, str]
    """code_version and the SHA-256 of rules, forms and register, as they were when they were loaded"""
    scheme: Scheme

    def rows(self) -> dict[str, Iterable[dict[str, Any]]]:
        """Rows of the staging tables that hold data, by table name."""
        return {
            "organ": self._organs(),
            "organ_year": self._organ_years(),
            "organ_name": self._organ_names(),
            "organ_event": self._organ_events(),
            "duty": (asdict(duty) for duty in self.register.duties()),
            "gate": self._gates(),
            "form": self._forms(),
            "indicator": self._indicators(),
            "form_cell": self._form_cells(),
            "catalogue": self._rules(),
            "comparability": (item._asdict() for item in shared_indicators(self.forms)),
            "concept_step": (step._asdict() for step in concept_steps()),
            "concept_term": (term._asdict() for term in concept_terms(self.forms)),
            "rate_term": (term._asdict() for term in rate_terms()),
            "succession": (succession._asdict() for succession in successions(self.register.events)),
            "deduction": (item._asdict() for item in self.scheme.deductions),
            "full_score": (item._asdict() for item in self.scheme.full_scores),
            "threshold": (threshold._asdict() for threshold in thresholds()),
        }

    def _organs(self) -> Iterable[dict[str, Any]]:
        for organ in self.register.organs.values():
            yield {
                "organ_code": organ.organ_code,
                "name": organ.name,
                "kind": organ.kind,
                "parent_code": organ.parent_code or None,
                "district_code": self.register.district_of(organ.organ_code),
                "level": self.register.level_of(organ.organ_code),
                "organ_kind": self.register.slice_kind_of(organ.organ_code),
                "valid_from_year": organ.valid_from_year,
                "valid_to_year": organ.valid_to_year,
                "code_status": organ.code_status,
            }

    def _organ_years(self) -> Iterable[dict[str, Any]]:
        """Every organ in every collected year, as it then was."""
        register = self.register
        for year in register.collected_years():
            for code, organ in register.organs.items():
                yield {
                    "organ_code": code,
                    "report_year": year,
                    "name": register.name_in(code, year),
                    "parent_code": register.parent_in(code, year) or None,
                    "district_code": register.district_of(code, year),
                    "level": register.level_of(code, year),
                    "organ_kind": register.slice_kind_of(code),
                    "does_exist": organ.exists_in(year),
                }

    def _organ_names(self) -> Iterable[dict[str, Any]]:
        for spell in self.register.spells:
            yield asdict(spell) | {"normalised_name": normalise_name(spell.name)}

    def _organ_events(self) -> Iterable[dict[str, Any]]:
        for event in self.register.events:
            yield asdict(event) | {
                "successor_code": event.successor_code or None,
                "carries": event.carries,
                "sentence": self.register.told(event),
            }

    def _gates(self) -> Iterable[dict[str, Any]]:
        for (year, form_code), share in self.register.gates.items():
            yield {"report_year": year, "form_code": form_code, "min_coverage": share}

    def _forms(self) -> Iterable[dict[str, Any]]:
        for form in self.forms.values():
            yield {
                "form_code": form.form_code,
                "title": form.title,
                "short_title": form.short_title,
                "first_year": form.first_year,
                "last_year": form.last_year,
                "legal_basis": form.legal_basis,
                "cell_count": len(form.cells()),
            }

    def _form_cells(self) -> Iterable[dict[str, Any]]:
        for form in self.forms.values():
            prescribed = frozenset(form.cells())
            for key in dict.fromkeys(key for variant in form.variants for key in form.cells(variant)):
                yield {"form_code": form.form_code, **asdict(key), "is_prescribed": key in prescribed}

    def _indicators(self) -> Iterable[dict[str, Any]]:
        for form in self.forms.values():
            for indicator in form.indicators.values():
                yield {
                    "form_code": form.form_code,
                    "indicator_code": indicator.code,
                    "label": indicator.label,
                    "unit": indicator.unit,
                    "parent_code": indicator.parent_code or None,
                    "position": indicator.position,
                    "value_kind": indicator.value_kind,
                    "label_status": indicator.label_status,
                    "variant": indicator.variant,
                }
        for position, code in enumerate(load_narrative_codes().values(), start=1):
            yield {
                "form_code": "",
                "indicator_code": code.code,
                "label": code.label,
                "unit": code.unit,
                "parent_code": None,
                "position": position,
                "value_kind": "prose",
                "label_status": "seen",
                "variant": "",
            }

    def _rules(self) -> Iterable[dict[str, Any]]:
        for rule in self.rules:
            yield {
                "rule_id": rule.rule_id,
                "version": rule.version,
                "severity": rule.severity,
                "editions": ";".join(rule.editions),
                "scope": rule.scope,
                "equation": "; ".join(statement.written for statement in rule.statements),
                "sentence": rule.sentence,
                "mend": rule.mend,
            }


def load_knowledge(register: Path | None = None) -> Knowledge:
    """Forms, rules and the register in ``register`` (None = the packaged one), validated on loading."""
    folder = register or REGISTER_FOLDER
    rules, organs = load_rules(), load_register(folder)
    hashes = {
        "code_version": f"{version('gongkai')}+{_code_hash()[:12]}",
        "rules_hash": rules_hash(rules, load_witnesses()),
        "forms_hash": _folder_hash(FORMS_FOLDER),
        "register_hash": _folder_hash(folder),
    }
    scheme = load_scheme(folder, {rule.rule_id for rule in rules})
    return Knowledge(load_forms(), rules, organs, hashes, scheme)


def _code_hash() -> str:
    """SHA-256 over the sources of the three rooms: tells apart two states of the same version."""
    digest = hashlib.sha256()
    rooms = (PROJECT / room for room in ("schemas", "warehouse", "pipelines"))
    for path in sorted(path for room in rooms for path in room.rglob("*") if path.suffix in {".py", ".sql"}):
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _folder_hash(folder: Path) -> str:
    """SHA-256 over the names and bytes of the data files in ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".csv", ".yaml"}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
