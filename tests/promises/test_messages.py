from backend.core.clock import frozen
from backend.notifications import messages
from tests.promises.facts import at

PARAMS = {
    "subject_zh": "低压居民新装",
    "subject_en": "New residential connection",
    "rule_zh": "低压供电方案答复",
    "rule_en": "Supply plan, low voltage",
    "due_on": "2026-03-05",
    "reason": "",
    "next_step": "",
}


def test_an_overdue_message_without_a_reason_says_so_in_both_languages():
    with frozen(at(6)):
        chinese = messages.render("promise_overdue", PARAMS, "zh-CN")
        english = messages.render("promise_overdue", PARAMS, "en")

    assert chinese.title == "低压供电方案答复：超过承诺时限"
    assert "还没有收到原因说明" in chinese.body
    assert english.title == "Overdue: Supply plan, low voltage"
    assert "No reason has been given yet" in english.body
    assert "New residential connection: we promised this by Thu 5 Mar" in english.body


def test_an_overdue_message_carries_the_reason_and_the_next_step():
    given = {**PARAMS, "reason": "雷雨天气", "next_step": "周五上门"}

    with frozen(at(6)):
        late = messages.render("promise_overdue", given, "zh-CN")
        why = messages.render("promise_explained", given, "zh-CN")

    for words in (late, why):
        assert "原因：雷雨天气" in words.body
        assert "下一步：周五上门" in words.body


def test_what_staff_wrote_stays_out_of_lock_screens_and_text_messages():
    given = {**PARAMS, "reason": "张女士家门锁着", "next_step": "周五上门"}

    with frozen(at(6)):
        late = messages.render("promise_overdue", given, "zh-CN", outside=True)
        why = messages.render("promise_explained", given, "zh-CN", outside=True)

    for words in (late, why):
        assert "张女士" not in words.body
        assert "周五" not in words.body
        assert "请在进度页查看" in words.body
