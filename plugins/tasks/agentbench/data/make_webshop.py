#!/usr/bin/env python3
"""Writes a catalogue in the layout of WebShop's files: products, attributes, instructions.

Usage: make_webshop.py [--products N] [--goals N] [--seed N] [--prefix P] FOLDER

The catalogue in the box is made by `make_webshop.py --prefix webshop_ .` Every name, brand and text
is invented. Large catalogues get more words, so that an index over them is as large as a real one.
"""
import argparse
import json
import os
import random

COLOURS = ["navy blue", "dark green", "rose gold", "charcoal", "ivory", "burgundy", "teal", "black",
           "white", "mustard", "silver", "lilac"]
BRANDS = ["Fernhill", "Oakmere", "Brightwell", "Tarnside", "Lundvig", "Kestrel & Co", "Marlowe",
          "Pinecove"]
MODIFIERS = ["Classic", "Everyday", "Deluxe", "Compact", "Traveller", "Studio", "Family", "Essential"]

# noun, query, category, path, attributes, options, lowest and highest price
FAMILIES = [
    ("Shampoo", "hair shampoo", "beauty", "Beauty & Personal Care › Hair Care › Shampoo",
     ["sulfate free", "tea tree", "for dry hair", "cruelty free", "long lasting scent"],
     {"Size": ["8 Ounce", "16 Ounce", "16 Ounce (Pack of 2)"], "Scent": ["Mint", "Lavender/Honey", "Unscented"]}, 6, 28),
    ("Herbal Tea", "herbal tea", "grocery", "Grocery & Gourmet Food › Beverages › Tea › Herbal",
     ["caffeine free", "usda organic", "gluten free", "hand picked", "low sugar"],
     {"Flavor Name": ["Peppermint", "Lemon/Ginger", "Chamomile"], "Size": ["20 Count (Pack of 1)", "20 Count (Pack of 6)", "50 Count"]}, 4, 32),
    ("Running Shoes", "running shoes", "fashion", "Clothing, Shoes & Jewelry › Shoes › Athletic",
     ["rubber sole", "arch support", "breathable mesh", "water resistant", "memory foam"],
     {"Color": ["Navy Blue", "Black/White", "Charcoal", "Rose Gold"], "Size": ["6.5", "7", "8 Wide", "9"]}, 25, 120),
    ("Charging Cable", "usb c cable", "electronics", "Electronics › Accessories › Cables › USB Cables",
     ["fast charging", "high speed", "braided nylon", "tangle free", "gold plated"],
     {"Length": ["3 ft", "6 ft", "10 ft"], "Color": ["Black", "White", "Silver"]}, 5, 24),
    ("Curtain Panels", "window curtains", "home", "Home & Kitchen › Home Décor › Window Treatments › Curtains",
     ["machine washable", "blackout lining", "noise reducing", "easy to install", "thermal insulated"],
     {"Color": ["Ivory", "Burgundy", "Teal", "Slate Grey"], "Size": ["42 x 63 Inch", "52 x 84 Inch", "52 x 96 Inch"]}, 15, 90),
    ("Desk Lamp", "led desk lamp", "home", "Tools & Home Improvement › Lighting › Lamps › Desk Lamps",
     ["eye caring", "dimmable light", "touch control", "memory function", "energy saving"],
     {"Color": ["White", "Black", "Rose Gold"], "Plug": ["US Plug", "UK Plug"]}, 18, 75),
    ("Office Chair", "office chair", "furniture", "Home & Kitchen › Furniture › Office Chairs",
     ["lumbar support", "height adjustable", "heavy duty", "breathable back", "easy assembly"],
     {"Color": ["Black", "Grey", "Dark Green"], "Style": ["With Armrests", "Without Armrests"]}, 80, 320),
    ("Yoga Mat", "yoga mat", "sports", "Sports & Outdoors › Exercise & Fitness › Yoga › Mats",
     ["non slip", "extra thick", "eco friendly", "sweat proof", "light weight"],
     {"Color": ["Lilac", "Teal", "Charcoal"], "Thickness": ["4mm", "6mm", "10mm"]}, 14, 60),
    ("Water Bottle", "insulated water bottle", "sports", "Sports & Outdoors › Camping › Water Bottles",
     ["bpa free", "leak proof", "double wall", "dishwasher safe", "stainless steel"],
     {"Color": ["Mustard", "White", "Navy Blue"], "Capacity": ["17 oz", "24 oz", "32 oz"]}, 9, 45),
    ("Throw Blanket", "throw blanket", "home", "Home & Kitchen › Bedding › Blankets & Throws",
     ["super soft", "machine washable", "hypo allergenic", "all season", "fade resistant"],
     {"Color": ["Ivory", "Dark Green", "Burgundy"], "Size": ["50 x 60 Inch", "60 x 80 Inch"]}, 12, 65),
    ("Face Cream", "face moisturizer", "beauty", "Beauty & Personal Care › Skin Care › Face › Creams",
     ["fragrance free", "hyaluronic acid", "for sensitive skin", "paraben free", "fine lines"],
     {"Size": ["1.7 Fl Oz", "3.4 Fl Oz", "1.7 Fl Oz (Pack of 2)"], "Type": ["Day", "Night"]}, 10, 55),
    ("Snack Mix", "snack mix", "grocery", "Grocery & Gourmet Food › Snack Foods › Mixed Nuts",
     ["gluten free", "plant based", "high protein", "non gmo", "low sodium"],
     {"Flavor Name": ["Sea Salt", "Chili/Lime", "Honey Roasted"], "Size": ["1 Pound", "2 Pound", "6 Ounce (Pack of 4)"]}, 7, 38),
    ("Picture Frame", "picture frame", "home", "Home & Kitchen › Home Décor › Picture Frames",
     ["real glass", "solid wood", "wall mounting", "ready to hang", "shatter resistant"],
     {"Color": ["Walnut", "Black", "White"], "Size": ["5x7", "8x10", "11x14"]}, 8, 50),
    ("Phone Case", "phone case", "electronics", "Cell Phones & Accessories › Cases, Holsters & Sleeves",
     ["shock proof", "wireless charging", "non slip grip", "raised edges", "slim fit"],
     {"Color": ["Rose Gold", "Black", "Teal", "Lilac"]}, 7, 35),
]
OPENINGS = ["i am looking for {a} {n}", "find me {n} that is {a}", "i need {a} {n}",
            "i would like to buy {n}, {a}", "looking for {n} which is {a}"]
SYLLABLES = ["ba", "ren", "to", "lis", "ka", "mor", "vi", "sun", "del", "pra", "ne", "tol", "gri", "wen"]


def words(rng, count):
    """Invented words, the short ones often, the long ones hardly ever."""
    return " ".join("".join(rng.choice(SYLLABLES) for _ in range(1 + min(int(rng.expovariate(0.45)), 5)))
                    for _ in range(count))


def price(rng, low, high):
    value = rng.uniform(low, high)
    if rng.random() < 0.15:
        return "$%.2f - $%.2f" % (value, value * rng.uniform(1.1, 1.5))
    return "$%.2f" % value


def product(rng, number, prose):
    noun, query, category, path, attributes, options, low, high = FAMILIES[number % len(FAMILIES)]
    chosen = rng.sample(attributes, 3)
    brand = BRANDS[(number // len(FAMILIES)) % len(BRANDS)]
    modifier = rng.choice(MODIFIERS)
    name = "%s %s %s, %s" % (brand, modifier, noun, chosen[0].title())
    if prose:
        name += " " + words(rng, 6).title()
    choices = {}
    for key, values in options.items():
        kept = [v for v in values if rng.random() < 0.8] or values[:1]
        choices[key] = [{"is_selected": False, "is_available": True, "value": v, "price_string": "",
                         "price": 0, "image": None} for v in kept]
    item = {"asin": "B0%08d" % (number * 37 + 11), "name": name, "category": category, "query": query,
            "product_category": path, "pricing": price(rng, low, high),
            "small_description": ["%s, %s and %s." % (chosen[0].capitalize(), chosen[1], chosen[2])]
            + ["%s: made with care." % a.capitalize() for a in chosen],
            "full_description": "The %s %s by %s. %s" % (modifier.lower(), noun.lower(), brand,
                                                       words(rng, 70) if prose else "Choose what suits you."),
            "customization_options": choices, "images": ["https://img.example/%d.jpg" % number]}
    return item, chosen


def goal(rng, item, attributes):
    wanted = rng.sample(attributes, rng.choice([1, 1, 2]))
    options, told = [], []
    for key, values in item["customization_options"].items():
        if rng.random() < 0.85:
            value = rng.choice(values)["value"].strip().replace("/", " | ").lower()
            options.append(value)
            told.append("%s %s" % (key.lower(), value))
    text = rng.choice(OPENINGS).format(a=" and ".join(wanted), n=item["query"])
    if told:
        text += " with " + " and ".join(told)
    return {"asin": item["asin"], "instruction": text, "instruction_attributes": wanted,
            "instruction_options": options}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=210)
    parser.add_argument("--goals", type=int, default=0, help="products with goals, default all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prefix", default="")
    parser.add_argument("folder")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    goals = args.goals or args.products
    told = set()

    def path(name):
        return open(os.path.join(args.folder, args.prefix + name), "w", encoding="utf-8")

    with path("items_shuffle.json") as items, path("items_ins_v2.json") as attributes, \
            path("items_human_ins.json") as human:
        items.write("[\n")
        attributes.write("{\n")
        human.write("{\n")
        first = True
        for number in range(args.products):
            item, chosen = product(rng, number, args.products > 1000)
            comma = ",\n" if number else ""
            items.write(comma + json.dumps(item, ensure_ascii=False))
            attributes.write(comma + json.dumps(item["asin"]) + ": " + json.dumps({"attributes": chosen}))
            if number >= goals:
                continue
            records = [goal(rng, item, chosen) for _ in range(1 + (number % 4 == 0))]
            records = [r for r in records if not (r["instruction"] in told or told.add(r["instruction"]))]
            if records:
                human.write(("" if first else ",\n") + json.dumps(item["asin"]) + ": [\n"
                            + ",\n".join(json.dumps(r, ensure_ascii=False) for r in records) + "\n]")
                first = False
        items.write("\n]\n")
        attributes.write("\n}\n")
        human.write("\n}\n")


main()
