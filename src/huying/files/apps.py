"""Floor 3: photos, documents and recordings that belong to something: checked, kept beside, ended by terms."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "huying.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.kernel.registry import MenuEntry, add_menu
        from huying.kernel.terms import _
        from huying.people.rules import Duty

        add_menu(
            MenuEntry(
                "files", _("文件保存"), "document", "files:keeping", "admin", 245, lambda actor: actor.has(Duty.SECURE)
            )
        )
