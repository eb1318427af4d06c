"""What the program remembers about itself, such as the key that signs its cookies."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.models.meta import Base


class Setting(Base):
    __tablename__ = "dashboard_setting"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
