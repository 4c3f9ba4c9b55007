"""Personal data shown only as far as it is needed to recognise it."""


def mask_phone(phone: str) -> str:
    """138****1234"""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_number(number: str) -> str:
    """3205****0367, for 户号 and meter numbers."""
    return f"{number[:4]}****{number[-4:]}" if len(number) > 8 else f"****{number[-2:]}"


def mask_name(name: str) -> str:
    """张** for a person; a company's name is public."""
    return name if len(name) > 4 else name[:1] + "*" * max(1, len(name) - 1)
