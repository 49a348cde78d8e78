"""Calls about three matters, made up by a seed, with words that they share and some that stand for another matter."""

from random import Random

from huying.triage.messages import Message

MATTERS = {
    "路灯": ["路灯不亮", "灯坏了", "晚上很黑", "照明损坏", "灯杆倾斜", "整夜没有灯光", "灯泡破裂"],
    "垃圾": ["垃圾没人清", "垃圾桶满了", "臭味很重", "清运不及时", "保洁没有来", "厨余到处都是", "垃圾堆放"],
    "噪声": ["半夜施工", "噪音很大", "广场舞太吵", "夜里睡不着", "扰民严重", "喇叭声音刺耳", "装修电钻声"],
}
COMMON = "您好希望有关部门尽快处理谢谢我住在这里多年附近居民反映很久问题一直得不到解决请给个说法物业社区街道东门西门门口桥边学校旁边三号楼前面今年去年上个月每天早上最近"


def calls(number=160, seed=1, slips=0.08):
    """So many different calls; of a hundred about `slips` speak of another matter than their label."""
    rng = Random(seed)

    def words(label):
        told = rng.choice(list(MATTERS)) if rng.random() < slips else label
        parts = [rng.choice(MATTERS[told]) for _ in range(2)]
        parts += ["".join(rng.choices(COMMON, k=rng.randint(6, 14))) for _ in range(4)]
        rng.shuffle(parts)
        return "，".join(parts)

    labels = [rng.choice(list(MATTERS)) for _ in range(number)]
    return [Message(words(label), label, str(at)) for at, label in enumerate(labels)]
