"""What the system refuses, with a stable code, a sentence for a person, and facts for a program.

A sentence says what was refused, why, and what to do next. `problems` turns a refusal into
an RFC 9457 problem document or a page, in one place.
"""

from __future__ import annotations

from typing import Any, ClassVar

from huying.kernel.terms import Label, _


class Refusal(Exception):
    """Base of every refusal. `facts` must not hold personal values."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[Label] = _("不能这样做")
    says: ClassVar[Label] = _("这一步现在不能做。请看看内容，改好后再试。")

    def __init__(self, says: Label | None = None, **facts: Any) -> None:
        self.sentence: Label = says if says is not None else self.says
        self.facts = facts
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.sentence)


class NotFound(Refusal):
    """Missing, or outside the actor's scope: the same answer, so a stranger learns nothing."""

    code = "not-found"
    status = 404
    title = _("没有找到")
    says = _("没有找到这一项。它可能不存在，或者不在您的范围内。请核对编号。")

    def __init__(self, kind: str = "") -> None:
        super().__init__(None, **({"kind": kind} if kind else {}))


class NotAllowed(Refusal):
    """Visible, but not this actor's duty."""

    code = "not-allowed"
    status = 403
    title = _("不是您的职责")
    says = _("您没有办理这一步的职责。需要的话，请联系本单位的平台管理员。")


class SignInNeeded(Refusal):
    code = "sign-in-needed"
    status = 401
    title = _("请先登录")
    says = _("请先登录，再办这一步。")


class IllegalMove(Refusal):
    """The flow has no such move now. Facts: state, verb, guard (the one that refused, if any)."""

    code = "illegal-move"
    status = 409
    title = _("现在不能走这一步")
    says = _("这件事现在的状态不能走这一步。请刷新看看它到了哪一步。")


class Conflict(Refusal):
    """Somebody was faster, or the same key came with other words."""

    code = "conflict"
    status = 409
    title = _("有人先办了")
    says = _("这件事刚刚被别人改过。请刷新后再办，您写的内容还在。")


class KeyReused(Refusal):
    """The same client key with another body."""

    code = "key-reused"
    status = 422
    title = _("同一个编号，内容不同")
    says = _("这个提交编号用过了，而且内容不一样。请换一个新的编号再提交。")


class Invalid(Refusal):
    """Bad input. `errors` maps a field name (or "" for the whole) to its sentences."""

    code = "invalid"
    status = 422
    title = _("有几处要改")
    says = _("有几处要改，改好后再提交。您写的内容都还在。")

    def __init__(self, errors: dict[str, list[Label]] | Label, says: Label | None = None, **facts: Any) -> None:
        self.errors: dict[str, list[Label]] = errors if isinstance(errors, dict) else {"": [errors]}
        first = next((lines[0] for lines in self.errors.values() if lines), None)
        super().__init__(says if says is not None else first, **facts)


class TooLarge(Refusal):
    code = "too-large"
    status = 413
    title = _("文件太大")
    says = _("文件太大，没有收下。请换小一点的再传。")


class TooMany(Refusal):
    """Asked too often. Facts: retry_after_seconds."""

    code = "too-many"
    status = 429
    title = _("试得太快")
    says = _("试得太快了，请过几分钟再来。")


class Unavailable(Refusal):
    code = "unavailable"
    status = 503
    title = _("暂时用不了")
    says = _("系统正在恢复，请稍等一会儿再试。您写的内容还在。")


class NoSpace(Refusal):
    """The disk is full: nothing new is taken in until there is room again; what is there can be read."""

    code = "no-space"
    status = 507
    title = _("存不下了")
    says = _("系统的存储空间满了，这一次没有存下来。请保留您写的内容，过一会儿再提交；还不行，请联系平台管理员。")
