# ruff: noqa: E501  # paragraphs as they are stored
"""Paragraphs of an invented article, in Chinese and in English."""

from __future__ import annotations

BODY = [
    "周一上午，这家手机公司在官方账号发布声明，称已经注意到网友对一次商业合作的意见，公司管理层连夜召开会议，决定立即终止与该博主的一切接触，并向所有用户致歉。",
    "声明说，市场部门在选择合作对象时没有按照流程审核，负责人已经被通报批评，相关员工离职。公司表示今后将由法务、公关与用户代表共同审核每一次投放，结果向用户公开。",
    "多位营销从业者接受采访时认为，流量时代的品牌更应当重视长期信任，一次看似划算的合作，可能让多年积累的口碑受到影响，而修复信任需要的时间往往比想象的更长。",
]
ENGLISH = [
    "The company said on Monday that it had ended its work with the influencer after two days of complaints from customers, and that a review of how the contract was signed had begun.",
    "Two managers lost their bonus for the year, and an employee left. A committee with members of the legal department and customers' representatives is to look at every future campaign.",
    "People in the trade said that trust, once gone, takes longer to come back than any campaign lasts, and that brands which answer fast and plainly are forgiven more often than others.",
]
