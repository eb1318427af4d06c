"""A ward: beds that anyone may watch, and what is for editors alone."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


bed_patient = Table(
    "bed_patient",
    Base.metadata,
    Column("bed_id", ForeignKey("bed.id"), primary_key=True),
    Column("patient_id", ForeignKey("patient.id"), primary_key=True),
)


class Patient(Base):
    __tablename__ = "patient"
    __table_args__ = {"info": {"view_role": "editor"}}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))


class Bed(Base):
    __tablename__ = "bed"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    patients: Mapped[list[Patient]] = relationship(secondary=bed_patient)
