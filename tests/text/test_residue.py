# ruff: noqa: E501  # tables of what pages print
"""Lines that platforms and desks put around a story."""

from __future__ import annotations

import pytest

from kolcrawl.text.residue import rules, strip_residue
from tests.article_texts import BODY, ENGLISH

# Residue as pages print it, and a sentence that begins or ends alike and is the story's.
RESIDUE = [
    ("举报/反馈", "市民可以通过热线举报或反馈线索，监管部门将在七个工作日内答复。"),
    ("举报", "他向平台举报了这条视频，三天后收到回复。"),
    ("纠错", "编辑部的纠错机制在这次事件中起了作用。"),
    ("返回搜狐，查看更多", "返回搜狐视频后，她开始负责海外业务。"),
    ("返回顶部", "返回顶部座舱的宇航员报告一切正常。"),
    ("网址:某公司回应争议 https://www.example.com/news/view/346695", "网址被篡改后，用户会进入一个仿冒的登录页面。"),
    ("原文链接：https://www.example.com/a.html", "原文链接这种做法，在学术圈引起了讨论。"),
    ("https://www.example.com/news/1.html", "他在 https://www.example.com 上写道，自己不会再接受采访。"),
    ("点击查看更多精彩内容>>", "点击查看更多评论后，记者发现大部分留言来自同一批账号，内容几乎一致。"),
    ("扫描二维码关注我们", "扫描二维码付款的顾客比去年多了三成，商家表示现金几乎消失。"),
    ("戳这里查看详情", "这番话戳中了许多人的痛处。"),
    ("展开全文", "展开全文讨论之前，先看一组数据。"),
    ("阅读原文", "阅读原文的人不足一成，这是研究者最意外的发现。"),
    ("正在加载...", "正在加载货物的船只被要求离港。"),
    ("分享到：微信 微博 朋友圈", "她把视频分享到朋友圈后，两小时内有上百人转发。"),
    ("【字号 大 中 小】 打印 留言 论坛", "字号越大的广告，罚款也越高。"),
    ("阅读量：3.2万 评论 56", "阅读量超过三万的文章里，一半与明星有关。"),
    ("1024人阅读", "1024人报名参加了这场马拉松。"),
    ("最后编辑于 2026-03-02 08:34", "最后编辑这部影片的人，是他的学生。"),
    ("发布时间：2026-03-02 08:34", "发布时间一再推迟，让投资者失去耐心。"),
    ("2026-03-02 09:58:03来源：某某网作者：责任编辑：张三", "2026年3月2日，公司召开发布会，宣布了新的合作规则。"),
    ("您所在的位置： 首页 > 快讯 > 公司", "您所在的位置决定了能收到哪些频道，这是运营商的规定。"),
    ("来源：新华网", "来源于海外的订单占了六成，公司计划在当地建厂。"),
    ("文章来源：某某财经", "文章来源问题一直困扰着内容平台。"),
    ("（来源：某某日报）", "来源不明的药品流入市场，监管部门已经立案调查。"),
    ("稿源：中国新闻社", "稿源减少以后，报社把版面交给了读者。"),
    ("本文转载自“财经某某”公众号", "本文转载自由这一说法，在法律界有争议。"),
    ("（本文由「工商時報」授權轉載）", "本文由三部分組成，第一部分談起因，第二部分談經過。"),
    ("责任编辑：李某某", "责任编辑制度已经实行了三十年，每篇稿件都要经过两次审核。"),
    ("[责任编辑：celiawu]", "责任编辑说，稿件在发表前改过四次。"),
    ("责编：Demi Xia", "责编把标题改成了问句，作者并不知情。"),
    ("（编辑：王某 李某）", "编辑部在凌晨两点收到了这封信。"),
    ("校对|黄某某", "校对工作由两名退休教师完成。"),
    ("原标题：某公司回应争议", "原标题党账号的运营者承认，数据是编造的。"),
    ("（原题为《是“收割”还是“回归”》）", "原题为三道，后来减少为两道。"),
    ("扬子晚报记者 张楠", "记者看到，现场已经恢复秩序，店员正在清理橱窗。"),
    ("記者林某／南市報導", "記者會上，發言人向消費者鞠躬道歉。"),
    ("社會中心／綜合報導", "社會中心志工表示，物資仍然不足。"),
    ("文｜张三 编辑｜李四", "文字工作者的收入，五年里几乎没有变化。"),
    ("作者：上官云 宋某某", "作者说，这本书写了十二年，改了七稿。"),
    ("□ 本报记者 葛某某", "本报记者在现场看到，队伍排到了街角。"),
    ("采写：南都见习记者 林某某", "采写这篇报道的过程中，两位当事人先后撤回授权。"),
    ("▲警方到場時已無生命跡象。（圖／翻攝畫面）", "▲號標示的三條路線將於週末封閉，請駕駛人改道。"),
    ("资料图：市民在寒冷天气中出行。中新社记者 张某某 摄", "资料图书馆在周末仍然开放，市民可以预约。"),
    ("故宫博物院供图", "故宫博物院发布公告，夜场门票已经售完。"),
    ("图片来源：视觉中国", "图片来源成为这起诉讼的焦点，双方各执一词。"),
    ("图片均来自网络", "图片均来自这位摄影师二十年间的旅行。"),
    ("◎照片來源：PROMPERU", "照片來源經過三家機構查證，確認未經修改。"),
    ("声明：文章提及内容仅供参考，不构成投资建议，据此操作风险自担。", "声明发出后两小时，公司股价下跌了百分之三。"),
    ("免责声明：本文观点与本站立场无关", "免责声明不能免除平台的审核义务，法院在判决中写道。"),
    ("本文仅代表作者个人观点，不代表本平台立场。", "本文仅代表性地选取了三家公司，其余数据见附录。"),
    ("未经授权，不得转载、摘编等。", "未经授权使用他人肖像的广告，已经被法院判赔十万元，平台承担连带责任。"),
    ("Copyright © 2026 某某网 版权所有", "版权所有者没有回应记者的提问。"),
    ("京ICP备12345678号 京公网安备 11010502000001号", "备案号为京字开头的网站，占了样本的四成。"),
    ("地址：北京市某区某街5号 邮编：100000 联系电话：010-12345678", "地址写错的包裹被退回，商家为此多付了运费。"),
    ("Powered By 某某新闻网 Version 3.0", "这套系统由三名工程师用两个月写成。"),
    ("生命線協談專線：1995", "生命線志工協會成立於三十年前，如今有兩百名志工。"),
    ("※你怎么看企业与博主合作的边界?欢迎评论区留言聊聊。", "他在评论区留言称，自己对这件事很后悔。"),
    ("欢迎在评论区分享你的看法！", "评论区很快被支持者占领，公司随后关闭了留言功能。"),
    ("对此，你怎么看？", "对此，公司没有作出回应，电话始终无人接听。"),
    ("关注微信公众号“某某财经”，获取更多资讯", "关注这件事的投资者越来越多，股东大会提前举行。"),
    ("(本文来自某某新闻，更多原创资讯请下载“某某新闻”APP)", "下载量在一周内增长了两倍，公司把服务器扩容。"),
    ("訂閱Telegram最新優惠及送禮情報：https://example.com/abc", "訂閱服務的收入首次超過廣告。"),
    ("如果觉得文章对你有帮助，记得点赞关注哦！", "如果觉得价格过高，消费者可以向平台投诉，客服会在一天内回复。"),
    ("看都看完了，点【在看】试试", "点餐的顾客说，菜单上没有标明价格。"),
    ("6、回复【垃圾分类】查看投放指南", "回复网友时，他承认自己没有核实消息。"),
    ("延伸閱讀：三家品牌同日致歉", "延伸閱讀的習慣，讓學生的成績明顯提高。"),
    ("（完）", "（完全没有想到的是，第二天就有人送回了钱包。）"),
    ("42粉丝", "42粉丝在机场守候了一夜，只为看偶像一眼，其中最小的只有十二岁。"),
    ("●作者李某某，經濟系教授。本文為網友投稿，言論不代表本報立場。", "作者李某某說，他不願意再談這件事。"),
    ("记者：陳某某", "记者：您怎么看待这次处罚？张某：公司的决定我接受，但流程应该更透明。"),
    ("Email Jane Roe at jroe@example.com or follow her @janeroe.", "Email from the brand, sent to staff at noon, told them to say nothing."),
    ("Her book about the trade is out now. Follow her on Twitter @janeroe.", "Her followers were told to follow him, and most of them did so within the hour."),
    ("Sign up for The Example today to get the free daily newsletter delivered to your inbox daily.", "Sign-ups for the loyalty card fell by half after the row, the company said."),
    ("To view the full story, please subscribe to The Example Times.", "To view the full extent of the damage, engineers took the whole deck apart."),
    ("If you enjoyed this article, we have a proposition for you: join us.", "If the court agrees, the brand will have to pay back every single buyer."),
    ("Tell us what YOU think...", "Tell-tale marks on the label gave the forger away, an expert told the court."),
    ("Submit your letter to the editor via this form.", "Submitting the letters took the lawyers three weeks, the court heard."),
    ("What is your favourite? Let us know in the comments below!", "They let us know nothing, said one of the buyers who had waited for an answer."),
    ("(Reporting by Jane Roe and John Doe, with reporting by Ann Low, editing by Martin Moe.)", "Reporting by the brand on its own contracts is to become law next year."),
    ("¿Ya sabías que tenemos canal de Telegram? Únete desde tu celular.", "El canal de riego quedó cerrado durante tres semanas, según los vecinos."),
    ("Melden Sie sich hier für unseren Newsletter an.", "Melden Sie sich, rief der Richter, doch niemand stand auf oder sagte ein Wort."),
    ("Weiterlesen →", "Weiterlesen wollte danach niemand mehr, und der Saal leerte sich rasch."),
    ("Empfohlener redaktioneller Inhalt", "Empfohlener Preis und Ladenpreis klaffen weit auseinander, so die Prüfer."),
    ("This post may contain affiliate links. I may receive a small commission.", "The commission found that none of the contracts had been signed in time."),
    ("続きを読むには会員登録が必要です", "会員登録の仕組みを悪用した事件で、警視庁は三人を逮捕した。"),
    ("发布时间：09-30 22:46 某某网络科技有限公司", "发布时间定在九月三十日，公司不愿透露更多细节，也没有回应记者的提问。"),
    ("海量资讯、精准解读，尽在某某财经APP", "海量资讯让读者难以分辨真假，研究者建议平台标注来源，并公布算法。"),
]  # fmt: skip
FOREIGN = [
    ("Read more: Brand drops influencer after backlash", "Read more carefully, the contract says the opposite of what the brand claims."),
    ("Story continues below advertisement", "The story continues to divide the company's customers."),
    ("Sign up for our daily newsletter and get the latest news in your inbox.", "Sign up rates fell by a third in the week after the scandal."),
    ("This article originally appeared on Example.com.", "The article was read by two million people before it was taken down."),
    ("Reporting by Jane Roe; Editing by John Doe", "Reporting by the company's own auditors found no wrongdoing, which surprised everybody in the room."),
    ("Photo: Jane Roe/Example Images", "Photo opportunities were cancelled, and the launch was moved to a later day."),
    ("Share Tweet Email", "Share prices fell by four per cent on Tuesday."),
    ("Lesen Sie auch: Marke trennt sich von Influencerin", "Lesen Sie auch das Kleingedruckte, rät die Verbraucherzentrale den Kundinnen und Kunden."),
    ("Stand: 22.04.2024, 06:00 Uhr", "Stand der Dinge ist, dass beide Seiten miteinander reden und der Vertrag ruht."),
    ("Lea también: La marca rompe con la influencer", "Lea también quería decir que no, pero su agencia ya había firmado el contrato."),
    ("À lire aussi : la marque rompt avec l'influenceuse", "À lire aussi vite ce contrat, personne n'a vu la clause qui comptait vraiment."),
    ("Síguenos en Instagram y recibe las noticias", "Síguenos preocupando la falta de reglas, dijo la portavoz de los consumidores."),
    ("저작권자 ⓒ 예시일보, 무단 전재 및 재배포 금지", "저작권 문제를 둘러싼 소송은 내년까지 이어질 전망이다."),
    ("(dpa/AFP)", "(Die dpa berichtete zuerst über den Fall, der seit Montag die Branche beschäftigt.)"),
    ("Publicidad", "Publicidad y periodismo deben estar separados, recordó el consejo de prensa."),
]  # fmt: skip


def test_the_table_of_residue_is_long_enough() -> None:
    """At least sixty lines of residue are tested, each with a sentence beside it."""
    assert len({line for line, _ in RESIDUE}) >= 60


@pytest.mark.parametrize(("line", "sentence"), RESIDUE, ids=[line[:24] for line, _ in RESIDUE])
def test_residue_goes_and_its_neighbour_stays(line: str, sentence: str) -> None:
    """A line of residue is taken out at the foot of a text; a sentence that looks like it survives there and inside."""
    assert strip_residue([*BODY, line]).lines == BODY
    assert strip_residue([*BODY, sentence]).lines == [*BODY, sentence]
    inside = [BODY[0], sentence, *BODY[1:]]
    assert strip_residue(inside).lines == inside


@pytest.mark.parametrize(("line", "sentence"), FOREIGN, ids=[line[:24] for line, _ in FOREIGN])
def test_residue_of_other_languages(line: str, sentence: str) -> None:
    """The same in other languages; what stands only on top is tested there."""
    top = line.startswith("Stand")
    dirty, clean = ([line, *ENGLISH], [sentence, *ENGLISH]) if top else ([*ENGLISH, line], [*ENGLISH, sentence])
    assert strip_residue(dirty).lines == ENGLISH
    assert strip_residue(clean).lines == clean


def test_every_rule_has_an_example_that_it_matches() -> None:
    """No rule of the data file stands without a line that shows what it is for."""
    lines, tails = rules()
    assert len(lines) + len(tails) >= 60
    for rule in lines:
        assert rule.pattern.fullmatch(rule.example), rule.example
    for rule in tails:
        assert rule.pattern.sub("", rule.example) != rule.example


def test_ends_of_paragraphs_are_cut() -> None:
    """What a desk hung on the last paragraph is cut off; the paragraph stays."""
    said = [*BODY[:2], BODY[2] + "（责任编辑：王某）"]
    assert strip_residue(said).lines == BODY
    assert strip_residue([BODY[0] + "返回搜狐，查看更多"]).lines == [BODY[0]]
